-- Migrations have this text in them: it never changes.
INSERT INTO trace_starts (tenant, received_day, second, trace_id, start_time_unix_nano)
SELECT tenant, received_day, second, trace_id, start_time_unix_nano
FROM (SELECT *, _block_number AS block FROM trace_starts_of_days) AS starts
LEFT JOIN
(
    SELECT received_day, block_number
    FROM (SELECT received_day, block_number FROM graph_positions_of_days FINAL) AS positions
    INNER JOIN
    (
        SELECT toDate(partition) AS received_day, max(max_block_number) AS last_block
        FROM system.parts
        WHERE database = 'clew' AND table = 'trace_starts_of_days' AND active
        GROUP BY received_day
    ) AS days USING (received_day)
    -- else the numbers have begun anew since
    WHERE block_number <= last_block
) AS known USING (received_day)
