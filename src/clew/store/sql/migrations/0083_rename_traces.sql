RENAME TABLE IF EXISTS traces TO traces_of_days
