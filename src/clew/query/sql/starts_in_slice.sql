SELECT trace_id, min(start_time_unix_nano) AS start
FROM clew.trace_starts
WHERE tenant = {tenant:String}
    AND second BETWEEN intDiv({first:UInt64}, 1000000000) AND intDiv({last:UInt64}, 1000000000)
    AND start_time_unix_nano BETWEEN {first:UInt64} AND {last:UInt64}
    AND /*spans*/
GROUP BY trace_id
HAVING start < {after_start:UInt64} OR (start = {after_start:UInt64} AND trace_id > toFixedString(unhex({after_id:String}), 16))
ORDER BY start DESC, trace_id
LIMIT {limit:UInt32}
