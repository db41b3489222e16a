SELECT
    sumIf(total_rows, name = 'spans'),
    sumIf(total_rows, name = 'traces'),
    sumIf(total_rows, name = 'logs'),
    sum(total_bytes)
FROM system.tables
WHERE database = 'clew'
