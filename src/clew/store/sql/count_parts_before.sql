-- Parts, replaced ones included, that hold what they held before these mutations: a part's data_version is the last
-- mutation that it went through, or else the number of its first block, from the same counter.
SELECT count()
FROM system.parts
INNER JOIN
(
    SELECT mutated.1 AS table, mutated.2 AS partition_id, mutated.3 AS version
    FROM (SELECT arrayJoin(arrayZip({tables:Array(String)}, {partitions:Array(String)}, {versions:Array(UInt64)})) AS mutated)
) AS mutations USING (table, partition_id)
WHERE database = 'clew' AND data_version < version
