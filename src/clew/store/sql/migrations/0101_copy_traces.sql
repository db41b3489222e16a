INSERT INTO traces
(
    tenant, received_day, trace_id, start_time_unix_nano, end_time_unix_nano, root, span_count, error_count,
    services, minutes
)
SELECT
    tenant, received_day, trace_id, start_time_unix_nano, end_time_unix_nano, root, span_count, error_count,
    services, minutes
FROM traces_of_days
/*settings_of_copies.sql*/
