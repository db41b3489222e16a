RENAME TABLE IF EXISTS logs TO logs_of_days
