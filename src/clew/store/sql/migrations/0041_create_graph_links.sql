CREATE TABLE IF NOT EXISTS graph_links
(
    tenant LowCardinality(String),
    -- spans of traces that start in the window link to this trace
    trace_id FixedString(16) CODEC(NONE),
    window UInt32
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, trace_id, window)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, auto_statistics_types = ''
