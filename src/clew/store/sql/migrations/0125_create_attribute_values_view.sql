CREATE MATERIALIZED VIEW IF NOT EXISTS attribute_values_of_spans TO attribute_values AS
WITH attribute -> substring(attribute, 1, 2 + reinterpretAsUInt8(substring(attribute, 2, 1))) AS key_of
SELECT tenant, received_day, found.1 AS level, substring(found.2, 1, 193) AS attribute, sum(found.3) AS span_count
FROM
(
    SELECT
        tenant,
        received_day,
        arrayJoin(arrayConcat(
            -- Every key of the load: what comes before the tag of the value, which is 18. That is also the length of
            -- keys of 18 bytes; those get another length here, which nobody reads. By functions of one argument, which
            -- the engine applies to the dictionary and not to each attribute: 0.15 us a span.
            arrayMap(
                a -> ('span', a, 0),
                groupUniqArrayArray(arrayMap(
                    a -> substringIndex(replaceRegexpOne(a, '^\n\x12', '\n\x11'), '\x12', 1), attributes))),
            arrayMap(a -> ('event', a, 0), groupUniqArrayArray(arrayMap(a -> key_of(a), arrayFlatten(events.attributes)))),
            arrayMap(a -> ('link', a, 0), groupUniqArrayArray(arrayMap(a -> key_of(a), arrayFlatten(links.attributes)))),
            arrayMap(a -> ('span', a, 1), arrayFlatten(groupArrayIf(attributes, rowNumberInBlock() < 2000))),
            arrayMap(a -> ('event', a, 1), arrayFlatten(groupArrayIf(events.attributes, rowNumberInBlock() < 2000))),
            arrayMap(a -> ('link', a, 1), arrayFlatten(groupArrayIf(links.attributes, rowNumberInBlock() < 2000)))
        )) AS found
    FROM spans
    GROUP BY tenant, received_day
)
GROUP BY tenant, received_day, level, attribute
ORDER BY span_count = 0 DESC, span_count DESC
LIMIT 101 BY level, key_of(attribute)
