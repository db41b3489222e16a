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
        WHERE tenant = {tenant:String} AND received_day = {day:Date} AND /*is_to_erase.sql*/
    )
)
