INSERT INTO graph_positions (received_day, block_number, generation)
SELECT toDate(extract(partition, '[0-9]+-[0-9]+-[0-9]+')) AS received_day, max(max_block_number), (SELECT max(generation) FROM graph_positions_of_days)
FROM system.parts
WHERE database = 'clew' AND table = 'trace_starts' AND active
GROUP BY received_day
