INSERT INTO clew.erasure_rows (erasure, tenant, received_day, kind, number)
SELECT {erasure:String}, {tenant:String}, received_day, 'value', hash
FROM
(
    SELECT DISTINCT
        received_day,
        sipHash64(level, substring(attribute, 1, 193)) AS hash
    FROM
    (
        SELECT
            received_day,
            arrayJoin(arrayConcat(
                arrayMap(a -> ('span', toString(a)), attributes),
                arrayMap(a -> ('event', a), arrayFlatten(events.attributes)),
                arrayMap(a -> ('link', a), arrayFlatten(links.attributes)))) AS pair,
            pair.1 AS level,
            pair.2 AS attribute
        FROM clew.spans
        WHERE tenant = {tenant:String} AND received_day = {day:Date} AND ((toString(trace_id), toString(span_id), start_time_unix_nano) IN
        (SELECT trace_id, span_id, time_unix_nano FROM clew.erasure_rows WHERE erasure = {erasure:String} AND kind = 'span' AND received_day = {day:Date})
        AND span_hash(trace_id, ids, start_time_unix_nano, duration_ns, service, name, kind, flags, trace_state, status_code, status_message, attributes, events.time_unix_nano, events.name, events.attributes, links.trace_id, links.span_id, links.attributes, resource, scope) IN
        (SELECT number FROM clew.erasure_rows WHERE erasure = {erasure:String} AND kind = 'span' AND received_day = {day:Date}))
    )
)
