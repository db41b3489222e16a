SELECT
    span_id, toFixedString(parent_span_id, 8), start_time_unix_nano, duration_ns, kind,
    toUInt8(multiIf(status_code = 2, 2, status_code = 1, 1, 0)), service, name
FROM clew.spans
WHERE tenant = {tenant:String}
    AND intDiv(start_time_unix_nano, 60000000000) BETWEEN {first_minute:UInt64} AND {last_minute:UInt64}
    AND trace_id = toFixedString(unhex({trace_id:String}), 16)
