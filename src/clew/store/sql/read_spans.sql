SELECT
    trace_id, span_id, parent_span_id, trace_state, flags, name, kind, start_time_unix_nano, duration_ns,
    status_code, status_message, attributes,
    events.time_unix_nano, events.name, events.attributes, events.dropped_attributes_count,
    links.trace_id, links.span_id, links.trace_state, links.attributes, links.dropped_attributes_count, links.flags,
    dropped_attributes_count, dropped_events_count, dropped_links_count, resource, scope
FROM clew.spans
WHERE tenant = {tenant:String}
    AND intDiv(start_time_unix_nano, 60000000000) IN {minutes:Array(UInt64)}
    AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
ORDER BY trace_id, start_time_unix_nano, span_id
