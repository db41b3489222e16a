RENAME TABLE IF EXISTS operations TO operations_of_days
