CREATE TABLE IF NOT EXISTS trace_weights
(
    tenant LowCardinality(String),
    decided_day Date,
    trace_id FixedString(16) CODEC(NONE),
    -- which rule decided; 'the rest' for chance
    rule LowCardinality(String),
    -- how many traces this one stands for: 1 when kept for its value, 1/probability when kept by chance, 0 when dropped
    weight Float64 CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY decided_day
ORDER BY (tenant, trace_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, auto_statistics_types = '', non_replicated_deduplication_window = 1000
