-- A trace is in one or two parts of its day; without this, a granule of every part of every day is read for each id.
ALTER TABLE traces ADD INDEX IF NOT EXISTS by_trace_id trace_id TYPE bloom_filter(0.01) GRANULARITY 1
