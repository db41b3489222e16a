ALTER TABLE clew./*table*/ MODIFY SETTING min_rows_to_fsync_after_merge = 1
