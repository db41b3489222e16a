sipHash64(
    trace_id, span_id, time_unix_nano, observed_time_unix_nano, severity_number, severity_text, event_name, service, body,
    attributes, dropped_attributes_count, flags, resource, scope
)
