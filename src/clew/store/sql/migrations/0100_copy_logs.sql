INSERT INTO logs
(
    tenant, received_day, trace_id, span_id, time_unix_nano, observed_time_unix_nano, severity_number,
    severity_text, event_name, service, body, attributes, dropped_attributes_count, flags, resource, scope
)
SELECT
    tenant, received_day, trace_id, span_id, time_unix_nano, observed_time_unix_nano, severity_number,
    severity_text, event_name, service, body, attributes, dropped_attributes_count, flags, resource, scope
FROM logs_of_days
/*settings_of_copies.sql*/
