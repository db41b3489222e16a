CREATE TABLE IF NOT EXISTS arrival_marks
(
    received_day Date,
    -- blocks of this day's partition of trace_starts up to this one were there at that moment
    block_number Int64,
    -- of retention's clock, and never behind the end of the day
    marked_unix_nano UInt64
)
ENGINE = MergeTree
ORDER BY (received_day, block_number)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, auto_statistics_types = ''
