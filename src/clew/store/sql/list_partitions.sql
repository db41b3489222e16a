SELECT DISTINCT /*day_of_partition.sql*/ AS day, partition_id
FROM system.parts
WHERE database = 'clew' AND active AND table = {table:String}
ORDER BY ALL
