SELECT value, kind, sum(span_count) AS counted
FROM
(
    SELECT otlp_text(otlp_value(attribute)) AS value, otlp_kind(otlp_value(attribute)) AS kind, span_count
    FROM clew.attribute_values
    WHERE tenant = {tenant:String}
        AND startsWith(attribute, if({key:String} = '', '', otlp_field('\n', {key:String})))
        AND otlp_key(attribute) = {key:String}
        AND length(attribute) < 193
        AND span_count > 0
    UNION ALL
    SELECT otlp_text(otlp_value(attribute)) AS value, otlp_kind(otlp_value(attribute)) AS kind, span_count
    FROM
    (
        SELECT
            span_count,
            arrayJoin(arrayMap(a -> unhex(a), arrayConcat(
                JSONExtract(resource, 1, 'Array(String)'),
                JSONExtract(scope, 3, 'Array(String)')
            ))) AS attribute
        FROM clew.origins
        WHERE tenant = {tenant:String}
    )
    WHERE otlp_key(attribute) = {key:String}
)
WHERE kind IN ('string', 'bool', 'int', 'double') AND value != '' AND length(value) <= 128
    AND startsWith(lowerUTF8(value), lowerUTF8({prefix:String}))
GROUP BY value, kind
ORDER BY counted DESC, value, kind
LIMIT {limit:UInt32}
