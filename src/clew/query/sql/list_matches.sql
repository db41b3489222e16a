SELECT trace_id, max(start_time_unix_nano) AS newest
FROM clew.spans
WHERE tenant = {tenant:String}
    AND indexHint(start_time_unix_nano >= {first_span:UInt64})
    AND /*minutes*/
    AND /*condition*/
GROUP BY trace_id
ORDER BY newest DESC, trace_id
