INSERT INTO operation_minutes
(
    tenant, received_day, service, minute, name, kind, told, span_count, error_count, last_seen_unix_nano,
    duration_sum_ns, duration_max_ns, duration_histogram
)
SELECT
    tenant, received_day, service, minute, name, kind, told, span_count, error_count, last_seen_unix_nano,
    duration_sum_ns, duration_max_ns, duration_histogram
FROM operation_minutes_of_days
/*settings_of_copies.sql*/
