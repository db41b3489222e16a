CREATE MATERIALIZED VIEW IF NOT EXISTS origins_of_spans TO origins AS
SELECT tenant, received_day, resource, scope, span_count
FROM
(
    -- Counted by window and not by GROUP BY, which copies the resource for every span: loading 6 requests of 2 MiB,
    -- each a large resource with 127 small spans, took 1.7 GB more and 5.8 s, now 0.2 GB and 0.3 s.
    SELECT
        tenant,
        received_day,
        resource,
        scope,
        sipHash128(resource) AS resource_hash,
        sipHash128(scope) AS scope_hash,
        count() OVER (PARTITION BY tenant, received_day, resource_hash, scope_hash) AS span_count
    FROM spans
)
LIMIT 1 BY tenant, received_day, resource_hash, scope_hash
