SELECT value, kind, sum(span_count) AS counted
FROM
(
    SELECT value, toString(kind) AS kind, span_count
    FROM clew.attribute_values
    WHERE tenant = {tenant:String} AND key = {key:String}
    UNION ALL
    SELECT attribute.3 AS value, attribute.2 AS kind, span_count
    FROM
    (
        SELECT
            span_count,
            arrayJoin(arrayConcat(
                JSONExtract(resource, 1, 'Array(Tuple(String, String, String))'),
                JSONExtract(scope, 3, 'Array(Tuple(String, String, String))')
            )) AS attribute
        FROM clew.origins
        WHERE tenant = {tenant:String}
    )
    WHERE attribute.1 = {key:String}
)
WHERE kind IN ('string', 'bool', 'int', 'double') AND value != '' AND startsWith(lowerUTF8(value), lowerUTF8({prefix:String}))
GROUP BY value, kind
ORDER BY counted DESC, value, kind
LIMIT {limit:UInt32}
