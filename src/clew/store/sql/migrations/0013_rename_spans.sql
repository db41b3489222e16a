RENAME TABLE IF EXISTS spans TO spans_of_first_schema
