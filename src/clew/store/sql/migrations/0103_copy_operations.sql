INSERT INTO operations
(
    tenant, received_day, service, name, kind, told, span_count, error_count, last_seen_unix_nano
)
SELECT
    tenant, received_day, service, name, kind, told, span_count, error_count, last_seen_unix_nano
FROM operations_of_days
/*settings_of_copies.sql*/
