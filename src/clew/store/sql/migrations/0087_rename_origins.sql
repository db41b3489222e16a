RENAME TABLE IF EXISTS origins TO origins_of_days
