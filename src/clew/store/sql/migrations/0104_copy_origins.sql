INSERT INTO origins
(
    tenant, received_day, resource, scope, span_count
)
SELECT
    tenant, received_day, resource, scope, span_count
FROM origins_of_days
/*settings_of_copies.sql*/
