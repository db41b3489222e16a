INSERT INTO graph_windows
(
    tenant, window, generation, last_minute, span_count, edges.minute, edges.client_type, edges.client, edges.server_type, edges.server,
    edges.kind, edges.probability, edges.call_count, edges.error_count, edges.client_histogram, edges.server_histogram,
    untold.minute, untold.service, untold.name, untold.kind, untold.probability,
    untold.span_count, untold.error_count, untold.duration_sum_ns, untold.duration_histogram
)
SELECT
    tenant, window, generation, last_minute, span_count, edges.minute, edges.client_type, edges.client, edges.server_type, edges.server,
    edges.kind, edges.probability, edges.call_count, edges.error_count, edges.client_histogram, edges.server_histogram,
    untold.minute, untold.service, untold.name, untold.kind, untold.probability,
    untold.span_count, untold.error_count, untold.duration_sum_ns, untold.duration_histogram
FROM graph_windows_of_all
SETTINGS
    -- As the parts are sorted by tenant, a block this large has few of them, and makes few parts.
    max_threads = 1,
    max_insert_threads = 1,
    min_insert_block_size_rows = 262144,
    min_insert_block_size_bytes = 268435456,
    max_partitions_per_insert_block = 0
