SELECT _block_number AS block_number, count()
FROM clew.trace_starts
WHERE /*arrived_between.sql*/
GROUP BY block_number
ORDER BY block_number
