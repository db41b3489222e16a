-- not min_date: after a start that of a part without rows is 1970
SELECT /*day_of_partition.sql*/ AS received_day, max(max_block_number)
FROM system.parts
WHERE database = 'clew' AND table = 'trace_starts' AND active
GROUP BY received_day
ORDER BY received_day
