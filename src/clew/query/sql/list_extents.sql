SELECT trace_id, min(start_time_unix_nano), max(end_time_unix_nano)
FROM clew.traces
WHERE tenant = {tenant:String} AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
GROUP BY trace_id
