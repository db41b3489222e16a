SELECT minute, sum(span_count)
FROM clew.operation_minutes
WHERE tenant = {tenant:String} AND minute BETWEEN {first_minute:UInt64} AND {last_minute:UInt64} AND /*operation*/
GROUP BY minute
ORDER BY minute DESC
