INSERT INTO clew.erasure_rows (erasure, tenant, received_day, kind, trace_id, span_id, time_unix_nano, number)
SELECT {erasure:String}, tenant, received_day, 'span', trace_id, span_id, start_time_unix_nano, /*hash_of_span.sql*/
FROM clew.spans
WHERE tenant = {tenant:String} AND (
    (hasAny(arrayMap(a -> substring(a, 1, 128), attributes), arrayMap(form -> substring(unhex(form), 1, 128), {forms:Array(String)}))
        AND hasAny(attributes, arrayMap(form -> unhex(form), {forms:Array(String)})))
    OR hasAny(arrayConcat(arrayFlatten(events.attributes), arrayFlatten(links.attributes)), arrayMap(form -> unhex(form), {forms:Array(String)}))
    OR hasAny(JSONExtract(resource, 1, 'Array(String)'), {forms:Array(String)})
    OR hasAny(JSONExtract(scope, 3, 'Array(String)'), {forms:Array(String)})
)
    -- what an earlier erasure has found goes with that one, and is counted once
    AND NOT /*is_of_other_erasure.sql*/
