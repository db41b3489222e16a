CREATE MATERIALIZED VIEW IF NOT EXISTS operations_of_spans TO operations AS
SELECT
    tenant,
    received_day,
    service,
    name,
    kind,
    count() AS span_count,
    countIf(status_code = 2) AS error_count,
    max(start_time_unix_nano) AS last_seen_unix_nano
FROM spans
GROUP BY tenant, received_day, service, name, kind
