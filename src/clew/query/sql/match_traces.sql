SELECT DISTINCT trace_id
FROM clew.spans
WHERE tenant = {tenant:String}
    AND indexHint(start_time_unix_nano BETWEEN {first_span:UInt64} AND {last_span:UInt64})
    AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
    AND /*condition*/
