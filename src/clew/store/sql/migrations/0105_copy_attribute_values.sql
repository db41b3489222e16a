INSERT INTO attribute_values
(
    tenant, received_day, level, attribute, span_count
)
SELECT
    tenant, received_day, level, attribute, span_count
FROM attribute_values_of_days
/*settings_of_copies.sql*/
