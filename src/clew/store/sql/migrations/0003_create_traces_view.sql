CREATE MATERIALIZED VIEW IF NOT EXISTS traces_of_spans TO traces AS
SELECT
    tenant,
    received_day,
    trace_id,
    min(spans.start_time_unix_nano) AS start_time_unix_nano,
    max(spans.start_time_unix_nano + toUInt64(greatest(spans.duration_ns, 0))) AS end_time_unix_nano,
    min((parent_span_id NOT IN ('', unhex('0000000000000000')), spans.start_time_unix_nano, toString(service), toString(name))) AS root,
    count() AS span_count,
    countIf(status_code = 2) AS error_count,
    groupUniqArray(toString(service)) AS services,
    toUInt32(intDiv(spans.start_time_unix_nano, 3600000000000)) AS hour
FROM spans
GROUP BY tenant, received_day, hour, trace_id
