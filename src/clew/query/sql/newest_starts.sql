SELECT trace_id, start_time_unix_nano
FROM clew.trace_starts
WHERE tenant = {tenant:String}
    AND second BETWEEN intDiv({first:UInt64}, 1000000000) AND intDiv({last:UInt64}, 1000000000)
    AND start_time_unix_nano BETWEEN {first:UInt64} AND {last:UInt64}
ORDER BY second DESC, start_time_unix_nano DESC
LIMIT {limit:UInt32}
