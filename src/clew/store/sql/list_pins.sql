SELECT lower(hex(trace_id)), changed_unix_nano, who
FROM clew.pins FINAL
WHERE tenant = {tenant:String} AND is_pinned
ORDER BY changed_unix_nano DESC, trace_id
