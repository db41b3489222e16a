ALTER TABLE clew./*table*/ RESET SETTING old_parts_lifetime, min_rows_to_fsync_after_merge
