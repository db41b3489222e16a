INSERT INTO clew.erasure_rows (erasure, tenant, received_day, kind, trace_id, span_id, time_unix_nano, number)
SELECT {erasure:String}, tenant, received_day, 'log', trace_id, span_id, time_unix_nano, /*hash_of_log.sql*/
FROM clew.logs
WHERE tenant = {tenant:String} AND (
    (trace_id != '' AND trace_id = unhex({trace_id:String}))
    OR trace_id IN (SELECT trace_id FROM clew.erasure_rows WHERE erasure = {erasure:String} AND kind = 'trace')
    OR hasAny(attributes, arrayMap(form -> unhex(form), {forms:Array(String)}))
    OR hasAny(JSONExtract(resource, 1, 'Array(String)'), {forms:Array(String)})
    OR hasAny(JSONExtract(scope, 3, 'Array(String)'), {forms:Array(String)}))
    AND (received_day, trace_id, span_id, time_unix_nano, /*hash_of_log.sql*/) NOT IN
        (SELECT received_day, trace_id, span_id, time_unix_nano, number FROM clew.erasure_rows WHERE erasure != {erasure:String} AND tenant = {tenant:String} AND kind = 'log')
