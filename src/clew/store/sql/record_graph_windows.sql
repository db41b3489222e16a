INSERT INTO graph_windows
(
    tenant, window, generation, last_minute, span_count, edges.minute, edges.client_type, edges.client, edges.server_type, edges.server,
    edges.kind, edges.probability, edges.call_count, edges.error_count, edges.client_histogram, edges.server_histogram,
    untold.minute, untold.service, untold.name, untold.kind, untold.probability,
    untold.span_count, untold.error_count, untold.duration_sum_ns, untold.duration_histogram
)
SELECT
    {tenant:String},
    row.1,
    {generation:UInt64},
    row.2,
    row.3,
    row.4.1, row.4.2, row.4.3, row.4.4, row.4.5, row.4.6, row.4.7, row.4.8, row.4.9, row.4.10, row.4.11,
    row.5.1, row.5.2, row.5.3, row.5.4, row.5.5, row.5.6, row.5.7, row.5.8, row.5.9
FROM
(
    SELECT arrayJoin(JSONExtract(
        {rows:String},
        'Array(Tuple(UInt32, UInt32, UInt64, Array(Tuple(UInt32, String, String, String, String, String, Float64, UInt64, UInt64, Tuple(Array(Int16), Array(UInt64)), Tuple(Array(Int16), Array(UInt64)))), Array(Tuple(UInt32, String, String, Int32, Float64, UInt64, UInt64, UInt64, Tuple(Array(Int16), Array(UInt64))))))')) AS row
)
