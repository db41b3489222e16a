RENAME TABLE IF EXISTS trace_starts TO trace_starts_of_days
