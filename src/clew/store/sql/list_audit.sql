SELECT at_unix_nano, who, action, subject, id, trace_count, span_count, log_count
FROM clew.audit
WHERE tenant IN ({tenant:String}, '') AND at_unix_nano < {before:UInt64} AND ({id:String} = '' OR id = {id:String})
ORDER BY at_unix_nano DESC
LIMIT {limit:UInt32}
