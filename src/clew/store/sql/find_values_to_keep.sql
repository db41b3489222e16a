INSERT INTO clew.erasure_rows (erasure, tenant, received_day, kind, number)
SELECT {erasure:String}, {tenant:String}, received_day, 'kept value', hash
FROM
(
    SELECT DISTINCT
        received_day,
        sipHash64(level, substring(attribute, 1, 193)) AS hash
    FROM
    (
        SELECT
            received_day,
            arrayJoin(/*attributes_and_keys.sql*/) AS pair,
            pair.1 AS level,
            pair.2 AS attribute
        FROM clew.spans
        WHERE tenant = {tenant:String} AND received_day = {day:Date} AND NOT /*is_to_erase.sql*/
    )
    WHERE hash IN (SELECT number FROM clew.erasure_rows WHERE erasure = {erasure:String} AND kind = 'value')
)
