SELECT sum(span_count), min(start_time_unix_nano), max(end_time_unix_nano)
FROM clew.traces
WHERE tenant = {tenant:String} AND trace_id = toFixedString(unhex({trace_id:String}), 16)
