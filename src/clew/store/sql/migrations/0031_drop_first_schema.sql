DROP TABLE IF EXISTS spans_of_first_schema, logs_of_first_schema SYNC
