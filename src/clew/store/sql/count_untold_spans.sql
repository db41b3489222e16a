SELECT
    window,
    minute,
    service,
    toString(name),
    kind,
    told,
    probability,
    sum(spans_of_bucket),
    sum(errors_of_bucket),
    sum(sum_of_bucket),
    sumMap([bucket], [spans_of_bucket])
FROM
(
    SELECT
        window,
        toUInt32(intDiv(start_time_unix_nano, 60000000000)) AS minute,
        service,
        name,
        kind,
        told,
        probability,
        if(duration_ns <= 0, toInt16(-1), toInt16(floor(8 * log2(duration_ns)))) AS bucket,
        count() AS spans_of_bucket,
        countIf(status_code = 2) AS errors_of_bucket,
        sum(toUInt64(greatest(duration_ns, 0))) AS sum_of_bucket
    FROM
    (
        SELECT
            trace_id, start_time_unix_nano, service, name, kind, duration_ns, status_code,
            otlp_told(trace_state, ids, attributes) AS told
        FROM clew.spans
        WHERE tenant = {tenant:String}
            AND intDiv(start_time_unix_nano, 60000000000) BETWEEN {first_minute:UInt64} AND {last_minute:UInt64}
            AND trace_id IN (SELECT toFixedString(substring(unhex({trace_ids:String}), 16 * number + 1, 16), 16) FROM numbers({traces:UInt64}))
    ) AS spans_of_traces
    INNER JOIN
    (
        SELECT
            toFixedString(substring(unhex({trace_ids:String}), 16 * number + 1, 16), 16) AS trace_id,
            {windows:Array(UInt32)}[number + 1] AS window,
            {probabilities:Array(Float64)}[number + 1] AS probability
        FROM numbers({traces:UInt64})
    ) AS kept USING (trace_id)
    GROUP BY window, minute, service, name, kind, told, probability, bucket
)
GROUP BY window, minute, service, name, kind, told, probability
ORDER BY window, minute, service, name, kind, told, probability
