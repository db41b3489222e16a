INSERT INTO clew.erasure_rows (erasure, tenant, received_day, kind, trace_id, span_id, time_unix_nano, number)
SELECT {erasure:String}, tenant, received_day, 'span', trace_id, span_id, start_time_unix_nano, span_hash(trace_id, ids, start_time_unix_nano, duration_ns, service, name, kind, flags, trace_state, status_code, status_message, attributes, events.time_unix_nano, events.name, events.attributes, links.trace_id, links.span_id, links.attributes, resource, scope)
FROM clew.spans
WHERE tenant = {tenant:String}
    AND intDiv(start_time_unix_nano, 60000000000) IN
    (
        SELECT arrayJoin(minutes)
        FROM clew.traces
        WHERE tenant = {tenant:String} AND toString(trace_id) IN (SELECT trace_id FROM clew.erasure_rows WHERE erasure = {erasure:String} AND kind = 'trace')
    )
    AND toString(trace_id) IN (SELECT trace_id FROM clew.erasure_rows WHERE erasure = {erasure:String} AND kind = 'trace')
    -- what an earlier erasure has found goes with that one, and is counted once
    AND NOT ((received_day, toString(trace_id), toString(span_id), start_time_unix_nano) IN
        (SELECT received_day, trace_id, span_id, time_unix_nano FROM clew.erasure_rows WHERE erasure != {erasure:String} AND tenant = {tenant:String} AND kind = 'span')
        AND (received_day, span_hash(trace_id, ids, start_time_unix_nano, duration_ns, service, name, kind, flags, trace_state, status_code, status_message, attributes, events.time_unix_nano, events.name, events.attributes, links.trace_id, links.span_id, links.attributes, resource, scope)) IN
        (SELECT received_day, number FROM clew.erasure_rows WHERE erasure != {erasure:String} AND tenant = {tenant:String} AND kind = 'span'))
