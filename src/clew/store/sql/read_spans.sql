SELECT
    /*columns_of_whole_spans.sql*/
FROM clew.spans
WHERE tenant = {tenant:String}
    AND intDiv(start_time_unix_nano, 60000000000) IN {minutes:Array(UInt64)}
    AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
ORDER BY trace_id, start_time_unix_nano, span_id
