SELECT
    service,
    name,
    sumIf(spans, probability > 0) AS samples,
    sumIf(spans / probability, probability > 0),
    sumIf(spans / (probability * probability), probability > 0),
    sumIf(spans, probability = 0) AS others
FROM
(
    SELECT service, name, spans, otlp_probability(threshold, tags) AS probability
    FROM
    (
        -- Grouped before anything is decoded: clients use a few probabilities, and decoding costs 5 µs.
        SELECT
            service,
            toString(name) AS name,
            otlp_threshold(trace_state) AS threshold,
            otlp_sampler_tags(ids, attributes) AS tags,
            count() AS spans
        FROM clew.spans
        WHERE ({any_tenant:Bool} OR tenant = {tenant:String})
            AND received_day >= {first_day:Date}
            AND intDiv(start_time_unix_nano, 60000000000) BETWEEN {first_minute:UInt64} AND {last_minute:UInt64}
            AND start_time_unix_nano >= {start_unix_nano:UInt64}
            AND start_time_unix_nano < {end_unix_nano:UInt64}
            AND substring(ids, 9) IN ('', unhex('0000000000000000'))
        GROUP BY service, name, threshold, tags
    )
)
GROUP BY service, name
ORDER BY samples + others DESC, service, name
LIMIT {operations_per_service:UInt32} BY service
LIMIT {operations:UInt32}
