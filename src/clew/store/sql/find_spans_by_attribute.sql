SELECT span_id
FROM clew.spans
WHERE tenant = {tenant:String}
    AND intDiv(start_time_unix_nano, 60000000000) BETWEEN {first_minute:UInt64} AND {last_minute:UInt64}
    AND trace_id = toFixedString(unhex({trace_id:String}), 16)
    AND (
        -- the first of each pair is what the index knows
        (hasAny(arrayMap(a -> substring(a, 1, 128), attributes), arrayMap(form -> substring(unhex(form), 1, 128), {attributes:Array(String)}))
            AND hasAny(attributes, arrayMap(form -> unhex(form), {attributes:Array(String)})))
        OR (hasAny(arrayMap(a -> substring(a, 1, 128), arrayConcat(arrayFlatten(events.attributes), arrayFlatten(links.attributes))), arrayMap(form -> substring(unhex(form), 1, 128), {attributes:Array(String)}))
            AND hasAny(arrayConcat(arrayFlatten(events.attributes), arrayFlatten(links.attributes)), arrayMap(form -> unhex(form), {attributes:Array(String)})))
    )
UNION ALL
SELECT span_id
FROM clew.spans
WHERE tenant = {tenant:String}
    AND intDiv(start_time_unix_nano, 60000000000) BETWEEN {first_minute:UInt64} AND {last_minute:UInt64}
    AND trace_id = toFixedString(unhex({trace_id:String}), 16)
    AND (
        resource IN (
            SELECT resource FROM clew.origins
            WHERE tenant = {tenant:String} AND hasAny(JSONExtract(resource, 1, 'Array(String)'), {attributes:Array(String)}))
        OR scope IN (
            SELECT scope FROM clew.origins
            WHERE tenant = {tenant:String} AND hasAny(JSONExtract(scope, 3, 'Array(String)'), {attributes:Array(String)}))
    )
