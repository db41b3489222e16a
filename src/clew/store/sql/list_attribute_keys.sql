WITH
    origin_attributes AS
    (
        SELECT arrayJoin(arrayConcat(
            arrayMap(a -> ('resource', unhex(a)), JSONExtract(resource, 1, 'Array(String)')),
            arrayMap(a -> ('scope', unhex(a)), JSONExtract(scope, 3, 'Array(String)'))
        )) AS pair
        FROM clew.origins
        WHERE tenant = {tenant:String}
    ),
    seen AS
    (
        SELECT toString(level) AS level, attribute, sum(span_count) AS counted
        FROM clew.attribute_values
        WHERE tenant = {tenant:String}
        GROUP BY level, attribute
    )
SELECT key, groupUniqArray(level) AS levels, groupUniqArrayIf(kind, kind != '') AS kinds
FROM
(
    -- of a key alone the length may be another, but all that follows it is the key
    SELECT level, substring(attribute, if(reinterpretAsUInt8(substring(attribute, 2, 1)) < 128, 3, 4)) AS key, '' AS kind
    FROM seen
    WHERE counted = 0
    UNION ALL
    SELECT level, otlp_key(attribute) AS key, otlp_kind(otlp_value(attribute)) AS kind FROM seen WHERE counted > 0
    UNION ALL
    SELECT pair.1 AS level, otlp_key(pair.2) AS key, otlp_kind(otlp_value(pair.2)) AS kind FROM origin_attributes
)
WHERE startsWith(lowerUTF8(key), lowerUTF8({prefix:String}))
GROUP BY key
ORDER BY key
LIMIT {limit:UInt32}
