SELECT table, max(max_block_number)
FROM system.parts
WHERE database = 'clew' AND active AND partition = {day:String} AND table IN ('spans', 'logs', 'traces')
GROUP BY table
ORDER BY table
