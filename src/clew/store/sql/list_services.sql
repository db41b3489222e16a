SELECT service, sum(span_count), sum(error_count), max(last_seen_unix_nano)
FROM clew.operations
WHERE tenant = {tenant:String}
GROUP BY service
ORDER BY service
