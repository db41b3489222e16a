SELECT
    /*columns_of_whole_spans.sql*/
FROM clew.spans
WHERE tenant = {tenant:String}
    AND intDiv(start_time_unix_nano, 60000000000) BETWEEN {first_minute:UInt64} AND {last_minute:UInt64}
    AND trace_id = toFixedString(unhex({trace_id:String}), 16)
    AND start_time_unix_nano BETWEEN {first_start:UInt64} AND {last_start:UInt64}
ORDER BY start_time_unix_nano, span_id, duration_ns, kind, status_code, parent_span_id
