SELECT DISTINCT trace_id
FROM clew.spans
WHERE tenant = {tenant:String}
    AND indexHint(start_time_unix_nano BETWEEN {first_span:UInt64} AND {last_span:UInt64})
    AND trace_id IN arrayMap(id -> toFixedString(unhex(id), 16), {trace_ids:Array(String)})
    AND /*condition*/
