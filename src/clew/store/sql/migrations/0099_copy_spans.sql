INSERT INTO spans
(
    tenant, received_day, trace_id, ids, trace_state, flags, service, name, kind, start_time_unix_nano,
    duration_ns, status_code, status_message, attributes, events.time_unix_nano, events.name, events.attributes,
    events.dropped_attributes_count, links.trace_id, links.span_id, links.trace_state, links.attributes,
    links.dropped_attributes_count, links.flags, dropped_attributes_count, dropped_events_count,
    dropped_links_count, resource, scope
)
SELECT
    tenant, received_day, trace_id, ids, trace_state, flags, service, name, kind, start_time_unix_nano,
    duration_ns, status_code, status_message, attributes, events.time_unix_nano, events.name, events.attributes,
    events.dropped_attributes_count, links.trace_id, links.span_id, links.trace_state, links.attributes,
    links.dropped_attributes_count, links.flags, dropped_attributes_count, dropped_events_count,
    dropped_links_count, resource, scope
FROM spans_of_days
/*settings_of_copies.sql*/
