SELECT
    min(intDiv(start_time_unix_nano, 60000000000)),
    max(intDiv(end_time_unix_nano, 60000000000))
FROM clew.traces
WHERE tenant = {tenant:String} AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
