-- one for each tenant; a partition of a day and tenant has the same id in all tables
SELECT DISTINCT partition_id
FROM system.parts
WHERE database IN ('clew', 'clew_kept') AND active AND table = {table:String} AND /*day_of_partition.sql*/ = {day:Date}
ORDER BY partition_id
