SELECT min_date, max(max_block_number)
FROM system.parts
WHERE database = 'clew' AND table = 'trace_starts' AND active
GROUP BY min_date
ORDER BY min_date
