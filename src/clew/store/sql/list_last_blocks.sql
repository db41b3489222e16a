SELECT table, max(max_block_number)
FROM system.parts
WHERE database = 'clew' AND active AND /*day_of_partition.sql*/ = {day:Date} AND table IN ('spans', 'logs', 'traces')
GROUP BY table
ORDER BY table
