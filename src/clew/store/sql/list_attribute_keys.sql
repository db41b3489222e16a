WITH
    origin_attributes AS
    (
        SELECT arrayJoin(arrayConcat(
            arrayMap(a -> ('resource', unhex(a)), JSONExtract(resource, 1, 'Array(String)')),
            arrayMap(a -> ('scope', unhex(a)), JSONExtract(scope, 3, 'Array(String)'))
        )) AS pair
        FROM clew.origins
        WHERE tenant = {tenant:String}
    )
SELECT key, groupUniqArray(level) AS levels, groupUniqArrayIf(kind, kind != '') AS kinds
FROM
(
    SELECT toString(level) AS level, key, toString(kind) AS kind FROM clew.attribute_values WHERE tenant = {tenant:String}
    UNION ALL
    SELECT pair.1 AS level, otlp_key(pair.2) AS key, otlp_kind(otlp_value(pair.2)) AS kind FROM origin_attributes
)
WHERE startsWith(lowerUTF8(key), lowerUTF8({prefix:String}))
GROUP BY key
ORDER BY key
LIMIT {limit:UInt32}
