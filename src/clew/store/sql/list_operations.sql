SELECT name, kind, told, sum(span_count), sum(error_count)
FROM clew.operations
WHERE tenant = {tenant:String} AND service = {service:String}
GROUP BY name, kind, told
ORDER BY name, kind, told
