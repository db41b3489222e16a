SELECT
    trace_id, span_id, parent_span_id, kind, service, start_time_unix_nano, duration_ns, status_code = 2,
    otlp_told(trace_state, ids, attributes),
    links.trace_id, links.span_id
FROM clew.spans
WHERE tenant = {tenant:String}
    AND intDiv(start_time_unix_nano, 60000000000) BETWEEN {first_minute:UInt64} AND {last_minute:UInt64}
    AND (empty({minutes:Array(UInt64)}) OR intDiv(start_time_unix_nano, 60000000000) IN (SELECT arrayJoin({minutes:Array(UInt64)})))
    AND notEmpty(links.trace_id)
    AND trace_id IN (SELECT toFixedString(substring(unhex({trace_ids:String}), 16 * number + 1, 16), 16) FROM numbers({traces:UInt64}))
