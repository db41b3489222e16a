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
/*settings_of_copies.sql*/
