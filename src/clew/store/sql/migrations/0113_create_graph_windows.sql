CREATE TABLE IF NOT EXISTS graph_windows
(
    tenant LowCardinality(String),
    -- the minute (since 1970) in which the traces start whose calls these are
    window UInt32,
    generation UInt64,
    last_minute UInt32,
    -- of the traces that start in the window, when it was computed
    span_count UInt64,
    -- All edges of a window in one row: a reader sees the old ones or the new ones, never a mixture.
    edges Nested(
        minute UInt32,
        client_type LowCardinality(String),
        client LowCardinality(String),
        server_type LowCardinality(String),
        server LowCardinality(String),
        kind LowCardinality(String),
        probability Float64,
        call_count UInt64,
        error_count UInt64,
        client_histogram Tuple(Array(Int16), Array(UInt64)),
        server_histogram Tuple(Array(Int16), Array(UInt64))
    ) CODEC(ZSTD(1)),
    -- Spans that tell no probability, in traces whose root tells one: `operation_minutes` has them with a `told` of none.
    untold Nested(
        minute UInt32,
        service LowCardinality(String),
        name String,
        kind Int32,
        probability Float64,
        span_count UInt64,
        error_count UInt64,
        duration_sum_ns UInt64,
        duration_histogram Tuple(Array(Int16), Array(UInt64))
    ) CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(generation)
PARTITION BY tenant
ORDER BY (tenant, window)
SETTINGS
    -- Each tenant has parts of its own; at 100,000 of them nothing more would be taken.
    max_parts_in_total = 1000000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    auto_statistics_types = '',
    index_granularity = 128
