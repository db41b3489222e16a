INSERT INTO clew.operations (tenant, received_day, service, name, kind, told, span_count, error_count, last_seen_unix_nano)
-- sums wrap: adding 2^64 - n takes n away
SELECT
    tenant,
    received_day,
    service,
    toString(name),
    kind,
    otlp_told(trace_state, ids, attributes) AS told,
    0 - count(),
    0 - countIf(status_code = 2),
    0
FROM clew.spans
WHERE tenant = {tenant:String} AND received_day = {day:Date} AND /*is_to_erase.sql*/
GROUP BY tenant, received_day, service, name, kind, told
ORDER BY ALL
