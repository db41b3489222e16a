SELECT DISTINCT min_date, partition_id
FROM system.parts
WHERE database = 'clew' AND active AND table = {table:String}
ORDER BY ALL
