RENAME TABLE IF EXISTS attribute_values TO attribute_values_of_days
