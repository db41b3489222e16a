SELECT
    trace_id, span_id, time_unix_nano, observed_time_unix_nano, severity_number, severity_text, event_name,
    body, attributes, dropped_attributes_count, flags, resource, scope
FROM clew.logs
WHERE tenant = {tenant:String} AND trace_id = unhex({trace_id:String})
    AND span_id = unhex({span_id:String})
ORDER BY if(time_unix_nano = 0, observed_time_unix_nano, time_unix_nano), span_id
