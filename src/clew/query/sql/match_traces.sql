SELECT DISTINCT trace_id
FROM clew.spans
WHERE tenant = {tenant:String}
    AND indexHint(intDiv(start_time_unix_nano, 60000000000) BETWEEN {first_minute:UInt64} AND {last_minute:UInt64})
    AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
    AND /*condition*/
