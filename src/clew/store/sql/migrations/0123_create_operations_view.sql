CREATE MATERIALIZED VIEW IF NOT EXISTS operations_of_operation_minutes TO operations AS
SELECT
    tenant,
    received_day,
    service,
    name,
    kind,
    told,
    sum(operation_minutes.span_count) AS span_count,
    sum(operation_minutes.error_count) AS error_count,
    max(operation_minutes.last_seen_unix_nano) AS last_seen_unix_nano
FROM operation_minutes
GROUP BY tenant, received_day, service, name, kind, told
