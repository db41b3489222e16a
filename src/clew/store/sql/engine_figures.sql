SELECT 'memory_bytes', toInt64(sum(value)) FROM system.metrics WHERE metric = 'MemoryTracking'
UNION ALL
SELECT event, toInt64(value) FROM system.events WHERE event IN ('Merge', 'MergedRows')
UNION ALL
SELECT
    tupleElement(arrayJoin([('running_merges', count()), ('running_merge_bytes', sum(total_size_bytes_compressed))]) AS figure, 1),
    toInt64(tupleElement(figure, 2))
FROM system.merges
WHERE database = 'clew' AND NOT is_mutation
UNION ALL
SELECT 'waiting_mutations', toInt64(count()) FROM system.mutations WHERE database = 'clew' AND NOT is_done
