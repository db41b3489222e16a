CREATE TABLE IF NOT EXISTS erasure_rows
(
    -- the request whose victims these are; they go when it is finished
    erasure String,
    tenant LowCardinality(String),
    received_day Date,
    kind Enum8('trace' = 1, 'span' = 2, 'log' = 3, 'value' = 4, 'kept value' = 5),
    trace_id String,
    span_id String,
    time_unix_nano UInt64,
    -- of a span its duration, of a log record when it was observed, of an attribute value its hash
    number UInt64
)
ENGINE = MergeTree
ORDER BY (erasure, kind, trace_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, auto_statistics_types = ''
