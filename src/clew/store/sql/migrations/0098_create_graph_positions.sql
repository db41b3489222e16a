CREATE TABLE IF NOT EXISTS graph_positions
(
    received_day Date,
    -- blocks of this day's partitions of trace_starts up to this one are in the graph
    block_number Int64,
    generation UInt64
)
ENGINE = ReplacingMergeTree(generation)
ORDER BY received_day
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, auto_statistics_types = ''
