INSERT INTO logs
(
    tenant, received_day, trace_id, span_id, time_unix_nano, observed_time_unix_nano, severity_number,
    severity_text, event_name, service, body, attributes, dropped_attributes_count, flags, resource, scope
)
SELECT
    tenant, received_day, trace_id, span_id, time_unix_nano, observed_time_unix_nano, severity_number,
    severity_text, event_name, service, body, attributes, dropped_attributes_count, flags, resource, scope
FROM logs_of_days
SETTINGS
    -- As the parts are sorted by tenant, a block this large has few of them, and makes few parts.
    max_threads = 1,
    max_insert_threads = 1,
    min_insert_block_size_rows = 262144,
    min_insert_block_size_bytes = 268435456,
    max_partitions_per_insert_block = 0
