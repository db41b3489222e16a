SELECT trace_id, max(start_time_unix_nano) AS newest
FROM clew.spans
WHERE tenant = {tenant:String}
    AND indexHint(intDiv(start_time_unix_nano, 60000000000) >= {first_minute:UInt64})
    AND /*minutes*/
    AND /*condition*/
GROUP BY trace_id
ORDER BY newest DESC, trace_id
