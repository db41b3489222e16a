CREATE MATERIALIZED VIEW IF NOT EXISTS attribute_values_of_spans TO attribute_values AS
SELECT
    tenant,
    received_day,
    attribute.1 AS level,
    attribute.2 AS key,
    toString(attribute.3) AS kind,
    attribute.4 AS value,
    count() AS span_count
FROM
(
    SELECT
        tenant,
        received_day,
        arrayJoin(arrayConcat(
            arrayMap((k, kind, v) -> ('span', toString(k), toString(kind), if(kind <= 'double' AND length(v) <= 128, v, '')), attributes.key, attributes.kind, attributes.value),
            arrayMap(a -> ('event', a.1, toString(a.2), if(a.2 <= 'double' AND length(a.3) <= 128, a.3, '')), arrayFlatten(events.attributes)),
            arrayMap(a -> ('link', a.1, toString(a.2), if(a.2 <= 'double' AND length(a.3) <= 128, a.3, '')), arrayFlatten(links.attributes))
        )) AS attribute
    FROM spans
    WHERE rowNumberInBlock() < 2000
)
GROUP BY tenant, received_day, level, key, kind, value
ORDER BY span_count DESC
LIMIT 100 BY key
