SELECT trace_id, min(start_time_unix_nano), max(end_time_unix_nano)
FROM clew.traces
WHERE tenant = {tenant:String} AND trace_id IN arrayMap(id -> toFixedString(unhex(id), 16), {trace_ids:Array(String)})
GROUP BY trace_id
