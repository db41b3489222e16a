-- Migrations have this text in them: it never changes.
SETTINGS
    -- As the parts are sorted by tenant, a block this large has few of them, and makes few parts.
    max_threads = 1,
    max_insert_threads = 1,
    min_insert_block_size_rows = 262144,
    min_insert_block_size_bytes = 268435456,
    max_partitions_per_insert_block = 0
