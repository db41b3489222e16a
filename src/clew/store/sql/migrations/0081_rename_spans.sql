RENAME TABLE IF EXISTS spans TO spans_of_days
