INSERT INTO clew.arrival_marks (received_day, block_number, marked_unix_nano)
SELECT
    received_day,
    last_block,
    -- what was received on a day is at least as old as its end
    least({now:UInt64}, toUInt64(toUnixTimestamp(toDateTime(received_day + 1, 'UTC'))) * 1000000000)
FROM
(
    SELECT /*day_of_partition.sql*/ AS received_day, max(max_block_number) AS last_block
    FROM system.parts
    WHERE database = 'clew' AND table = 'trace_starts' AND active
    GROUP BY received_day
) AS stored
LEFT JOIN
(
    SELECT received_day, max(block_number) AS marked_block FROM clew.arrival_marks GROUP BY received_day
) AS marked USING (received_day)
WHERE last_block > marked_block
