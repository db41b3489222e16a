SELECT count()
FROM clew.spans
WHERE tenant = {tenant:String}
    AND received_day = toDate({received_day:String})
    AND start_time_unix_nano = {start:UInt64}
    AND trace_id = unhex({trace_id:String})
    AND span_id = unhex({span_id:String})
