INSERT INTO clew.origins (tenant, received_day, resource, scope, span_count)
-- sums wrap: adding 2^64 - n takes n away
SELECT tenant, received_day, toString(resource), toString(scope), 0 - count()
FROM clew.spans
WHERE tenant = {tenant:String} AND received_day = {day:Date} AND /*is_to_erase.sql*/
GROUP BY tenant, received_day, resource, scope
ORDER BY ALL
