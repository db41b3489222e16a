SELECT
    /*day_of_partition.sql*/ AS received_day,
    sumIf(rows, table = 'spans'),
    sumIf(bytes_on_disk, table != 'operation_minutes'),
    sumIf(rows, table = 'traces') + sumIf(rows, table = 'logs') * 1000003,
    maxIf(max_block_number, table IN ('spans', 'traces')),
    sumIf(rows, table = 'logs')
FROM system.parts
WHERE database = 'clew' AND active
    AND table IN ('spans', 'logs', 'traces', 'trace_starts', 'operations', 'origins', 'attribute_values')
GROUP BY received_day
ORDER BY received_day
