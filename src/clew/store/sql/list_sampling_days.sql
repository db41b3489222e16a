SELECT
    received_day,
    max(block_number) AS last_block,
    maxIf(block_number, marked_unix_nano <= {until:UInt64}) AS due_block,
    maxIf(marked_unix_nano, marked_unix_nano <= {until:UInt64}) AS due_unix_nano,
    any(position) AS done_block,
    maxIf(marked_unix_nano, block_number <= position) AS done_unix_nano
FROM clew.arrival_marks
LEFT JOIN
(
    SELECT received_day, block_number AS position FROM clew.sampling_positions FINAL
) AS positions USING (received_day)
GROUP BY received_day
ORDER BY received_day
