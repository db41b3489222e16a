CREATE TABLE IF NOT EXISTS sampling_positions
(
    received_day Date,
    -- traces of this day's blocks of trace_starts up to this one are decided
    block_number Int64,
    -- what lost_traces has is being removed, and can't be kept any more
    is_removing Bool,
    generation UInt64
)
ENGINE = ReplacingMergeTree(generation)
ORDER BY received_day
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, auto_statistics_types = ''
