SELECT
    service,
    name,
    countIf(probability > 0) AS samples,
    sumIf(1 / probability, probability > 0),
    sumIf(1 / (probability * probability), probability > 0),
    countIf(probability = 0) AS others
FROM
(
    SELECT service, toString(name) AS name, otlp_probability(trace_state, attributes) AS probability
    FROM clew.spans
    WHERE tenant = {tenant:String}
        AND received_day >= {first_day:Date}
        AND intDiv(start_time_unix_nano, 60000000000) BETWEEN {first_minute:UInt64} AND {last_minute:UInt64}
        AND start_time_unix_nano >= {start_unix_nano:UInt64}
        AND start_time_unix_nano < {end_unix_nano:UInt64}
        AND substring(ids, 9) IN ('', unhex('0000000000000000'))
)
GROUP BY service, name
ORDER BY samples + others DESC, service, name
LIMIT {operations_per_service:UInt32} BY service
LIMIT {operations:UInt32}
