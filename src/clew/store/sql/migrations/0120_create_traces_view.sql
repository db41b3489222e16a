CREATE MATERIALIZED VIEW IF NOT EXISTS traces_of_spans TO traces AS
SELECT
    tenant,
    received_day,
    trace_id,
    min(spans.start_time_unix_nano) AS start_time_unix_nano,
    -- a sum over 2^64 wraps, and then the start is the latest that is known
    max(greatest(spans.start_time_unix_nano, spans.start_time_unix_nano + toUInt64(greatest(spans.duration_ns, 0)))) AS end_time_unix_nano,
    min((substring(ids, 9) NOT IN ('', unhex('0000000000000000')), spans.start_time_unix_nano, toString(service), toString(name))) AS root,
    count() AS span_count,
    countIf(status_code = 2) AS error_count,
    groupUniqArray(toString(service)) AS services,
    groupUniqArray(toUInt32(intDiv(spans.start_time_unix_nano, 60000000000))) AS minutes
FROM spans
GROUP BY tenant, received_day, trace_id
