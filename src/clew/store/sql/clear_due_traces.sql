TRUNCATE TABLE clew.due_traces
