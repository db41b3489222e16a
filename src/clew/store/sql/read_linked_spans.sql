WITH
    wanted AS
    (
        SELECT toFixedString(substring(unhex({span_keys:String}), 24 * number + 1, 16), 16) AS trace_id,
            toFixedString(substring(unhex({span_keys:String}), 24 * number + 17, 8), 8) AS span_id
        FROM numbers({spans:UInt64})
    ),
    extents AS
    (
        SELECT min(intDiv(start_time_unix_nano, 60000000000)) AS first_minute, max(intDiv(end_time_unix_nano, 60000000000)) AS last_minute
        FROM clew.traces
        WHERE tenant = {tenant:String} AND trace_id IN (SELECT trace_id FROM wanted)
    )
SELECT trace_id, span_id, kind, service, start_time_unix_nano, duration_ns, status_code = 2
FROM clew.spans
WHERE tenant = {tenant:String}
    AND intDiv(start_time_unix_nano, 60000000000) >= (SELECT first_minute FROM extents)
    AND intDiv(start_time_unix_nano, 60000000000) <= (SELECT last_minute FROM extents)
    AND trace_id IN (SELECT trace_id FROM wanted)
    AND (trace_id, span_id) IN (SELECT trace_id, span_id FROM wanted)
