CREATE MATERIALIZED VIEW IF NOT EXISTS operation_minutes_of_spans TO operation_minutes AS
SELECT
    tenant,
    received_day,
    service,
    minute,
    name,
    kind,
    told,
    sum(spans_of_bucket) AS span_count,
    sum(errors_of_bucket) AS error_count,
    max(last_of_bucket) AS last_seen_unix_nano,
    sum(sum_of_bucket) AS duration_sum_ns,
    max(max_of_bucket) AS duration_max_ns,
    sumMap([bucket], [spans_of_bucket]) AS duration_histogram
FROM
(
    -- by bucket first, with plain sums: a map for each span would cost ten times as much
    SELECT
        tenant,
        received_day,
        service,
        toUInt32(intDiv(start_time_unix_nano, 60000000000)) AS minute,
        name,
        kind,
        otlp_told(trace_state, ids, attributes) AS told,
        if(duration_ns <= 0, toInt16(-1), toInt16(floor(8 * log2(duration_ns)))) AS bucket,
        count() AS spans_of_bucket,
        countIf(status_code = 2) AS errors_of_bucket,
        max(start_time_unix_nano) AS last_of_bucket,
        sum(toUInt64(greatest(duration_ns, 0))) AS sum_of_bucket,
        max(toUInt64(greatest(duration_ns, 0))) AS max_of_bucket
    FROM spans
    GROUP BY tenant, received_day, service, minute, name, kind, told, bucket
)
GROUP BY tenant, received_day, service, minute, name, kind, told
