TRUNCATE TABLE clew./*table*/ SYNC
