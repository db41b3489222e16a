WITH
    origin_keys AS
    (
        SELECT attribute.1 AS level, attribute.2 AS key, attribute.3 AS kind
        FROM
        (
            SELECT arrayJoin(arrayConcat(
                arrayMap(a -> ('resource', a.1, a.2), JSONExtract(resource, 1, 'Array(Tuple(String, String, String))')),
                arrayMap(a -> ('scope', a.1, a.2), JSONExtract(scope, 3, 'Array(Tuple(String, String, String))'))
            )) AS attribute
            FROM clew.origins
            WHERE tenant = {tenant:String}
        )
    )
SELECT key, groupUniqArray(level) AS levels, groupUniqArray(kind) AS kinds
FROM
(
    SELECT toString(level) AS level, key, toString(kind) AS kind FROM clew.attribute_values WHERE tenant = {tenant:String}
    UNION ALL
    SELECT level, key, kind FROM origin_keys
)
WHERE startsWith(lowerUTF8(key), lowerUTF8({prefix:String}))
GROUP BY key
ORDER BY key
LIMIT {limit:UInt32}
