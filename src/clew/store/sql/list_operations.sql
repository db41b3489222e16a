SELECT name, kind, probability, sum(span_count), sum(error_count)
FROM clew.operations
WHERE tenant = {tenant:String} AND service = {service:String}
GROUP BY name, kind, probability
ORDER BY name, kind, probability
