SELECT
    /*columns_of_whole_spans.sql*/
FROM clew.spans
WHERE tenant = {tenant:String}
    AND intDiv(start_time_unix_nano, 60000000000) BETWEEN {first_minute:UInt64} AND {last_minute:UInt64}
    AND trace_id = toFixedString(unhex({trace_id:String}), 16)
    AND span_id = toFixedString(unhex({span_id:String}), 8)
-- as order_by_start() in query/trace_index.py
ORDER BY start_time_unix_nano, duration_ns, kind, if(status_code IN (1, 2), status_code, 0), parent_span_id
LIMIT 1 OFFSET {twin:UInt32}
