CREATE MATERIALIZED VIEW IF NOT EXISTS origins_of_spans TO origins AS
SELECT tenant, received_day, resource, scope, count() AS span_count
FROM spans
GROUP BY tenant, received_day, resource, scope
