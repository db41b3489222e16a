SELECT maxIf(last_seen_unix_nano, /*operation*/), sumIf(span_count, /*operation*/), sum(span_count)
FROM clew.operations
WHERE tenant = {tenant:String}
