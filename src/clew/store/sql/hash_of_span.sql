span_hash(
    trace_id, ids, start_time_unix_nano, duration_ns, service, name, kind, flags, trace_state, status_code,
    status_message, attributes, events.time_unix_nano, events.name, events.attributes, links.trace_id, links.span_id,
    links.attributes, resource, scope
)
