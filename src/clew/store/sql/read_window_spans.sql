SELECT
    toFixedString(substring(trace_id, 1, 8), 8),
    toFixedString(substring(trace_id, 9, 8), 8),
    span_id,
    toFixedString(if(length(parent_span_id) = 8, parent_span_id, ''), 8),
    start_time_unix_nano,
    duration_ns,
    kind,
    toUInt8(status_code = 2),
    service,
    toLowCardinality(otlp_told(trace_state, ids, attributes)),
    toLowCardinality(if(
        kind IN (3, 4, 5),
        concat(
            arrayStringConcat(arrayFilter(a -> has({keys:Array(String)}, otlp_key(a)), attributes)),
            -- Of a URL only the host, which is all of it that few calls have of their own. It is filtered by the bytes and
            -- encoded by hand, because the functions made for that take 1 us a span even where there is nothing to do.
            arrayStringConcat(arrayMap(
                host -> concat('\n\x08url.host\x12', char(2 + length(host)), '\n', char(length(host)), host),
                arrayMap(
                    a -> substring(domain(otlp_content(otlp_value(a))), 1, 100),
                    arrayFilter(a -> startsWith(a, '\n\x08url.full\x12') OR startsWith(a, '\n\x08http.url\x12'), attributes))))),
        ''))
FROM clew.spans
WHERE tenant = {tenant:String}
    AND intDiv(start_time_unix_nano, 60000000000) BETWEEN {first_minute:UInt64} AND {last_minute:UInt64}
    AND (empty({minutes:Array(UInt64)}) OR intDiv(start_time_unix_nano, 60000000000) IN (SELECT arrayJoin({minutes:Array(UInt64)})))
    AND trace_id IN (SELECT toFixedString(substring(unhex({trace_ids:String}), 16 * number + 1, 16), 16) FROM numbers({traces:UInt64}))
