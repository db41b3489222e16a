SELECT service, told, sum(span_count), sum(error_count), max(last_seen_unix_nano)
FROM clew.operations
WHERE tenant = {tenant:String}
GROUP BY service, told
ORDER BY service, told
