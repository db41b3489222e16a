TRUNCATE TABLE clew.lost_traces
