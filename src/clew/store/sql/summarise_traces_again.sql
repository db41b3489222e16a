INSERT INTO clew.traces (tenant, received_day, trace_id, start_time_unix_nano, end_time_unix_nano, root, span_count, error_count, services, minutes)
SELECT
    tenant,
    received_day,
    trace_id,
    min(spans.start_time_unix_nano),
    max(greatest(spans.start_time_unix_nano, spans.start_time_unix_nano + toUInt64(greatest(spans.duration_ns, 0)))),
    min((parent_span_id NOT IN ('', unhex('0000000000000000')), spans.start_time_unix_nano, toString(service), toString(name))),
    count(),
    countIf(status_code = 2),
    groupUniqArray(toString(service)),
    groupUniqArray(toUInt32(intDiv(spans.start_time_unix_nano, 60000000000)))
FROM clew.spans
WHERE tenant = {tenant:String} AND received_day = {day:Date}
    AND toString(trace_id) IN (SELECT trace_id FROM clew.erasure_rows WHERE erasure = {erasure:String} AND kind IN ('trace', 'span') AND received_day = {day:Date})
    AND NOT /*is_to_erase.sql*/
GROUP BY tenant, received_day, trace_id
