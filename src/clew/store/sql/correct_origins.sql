INSERT INTO clew.origins (tenant, received_day, resource, scope, span_count)
-- sums wrap: adding 2^64 - n takes n away
SELECT tenant, received_day, toString(resource), toString(scope), 0 - count()
FROM clew.spans
WHERE tenant = {tenant:String} AND received_day = {day:Date} AND (toString(trace_id), toString(span_id), start_time_unix_nano, reinterpretAsUInt64(duration_ns)) IN
        (SELECT trace_id, span_id, time_unix_nano, number FROM clew.erasure_rows WHERE erasure = {erasure:String} AND kind = 'span' AND received_day = {day:Date})
GROUP BY tenant, received_day, resource, scope
ORDER BY ALL
