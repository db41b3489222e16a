INSERT INTO graph_positions (received_day, block_number, generation)
SELECT min_date, max(max_block_number), (SELECT max(generation) FROM graph_positions_of_days)
FROM system.parts
WHERE database = 'clew' AND table = 'trace_starts' AND active
GROUP BY min_date
