CREATE TABLE IF NOT EXISTS trace_starts
(
    tenant LowCardinality(String),
    received_day Date CODEC(ZSTD(1)),
    -- of the earliest span of this trace in one load: the trace itself may have started earlier, never later
    second UInt64 CODEC(Delta(8), ZSTD(1)),
    trace_id FixedString(16) CODEC(NONE),
    start_time_unix_nano UInt64 CODEC(Delta(8), ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY (received_day, tenant)
ORDER BY (tenant, second, trace_id)
SETTINGS
    non_replicated_deduplication_window = 10000,
    -- Each tenant and day has parts of its own; at 100,000 of them loads would be refused.
    max_parts_in_total = 1000000,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    min_parts_to_merge_at_once = 10,
    -- Of a tenant and day to which nothing comes any more, one part, not dozens.
    min_partition_age_to_force_merge_seconds = 3600,
    max_bytes_to_merge_at_max_space_in_pool = 4294967296,
    min_bytes_for_wide_part = 268435456,
    auto_statistics_types = '',
    -- the order in which rows came: what the service graph hasn't seen yet
    enable_block_number_column = 1
