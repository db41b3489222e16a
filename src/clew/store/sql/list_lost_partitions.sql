-- those that have spans of traces that are to go; a partition of a day and tenant has the same id in all tables
SELECT DISTINCT partitionId(arrayJoin(days), tenant) AS partition_id
FROM clew.lost_traces
ORDER BY partition_id
