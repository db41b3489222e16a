CREATE TABLE IF NOT EXISTS retention_rules
(
    applied_unix_nano UInt64,
    who String,
    -- TOML, as it was given
    rules String
)
ENGINE = MergeTree
ORDER BY applied_unix_nano
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, auto_statistics_types = ''
