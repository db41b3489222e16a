SELECT table, max(max_block_number)
FROM system.parts
WHERE database = 'clew' AND active AND min_date = {day:Date} AND table IN ('spans', 'logs', 'traces')
GROUP BY table
ORDER BY table
