INSERT INTO clew.audit (at_unix_nano, tenant, who, action, subject, id, trace_count, span_count, log_count)
SELECT {at:UInt64}, {tenant:String}, {who:String}, {action:String}, {subject:String}, {id:String}, {traces:UInt64}, {spans:UInt64}, {logs:UInt64}
