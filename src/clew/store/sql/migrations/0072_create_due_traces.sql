CREATE TABLE IF NOT EXISTS due_traces
(
    -- the traces that sampling decides about now; minutes (since 1970) in which their spans start, days of receipt
    tenant LowCardinality(String),
    trace_id FixedString(16),
    minutes Array(UInt32),
    days Array(Date)
)
ENGINE = MergeTree
ORDER BY (tenant, trace_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, auto_statistics_types = ''
