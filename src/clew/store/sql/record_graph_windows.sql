INSERT INTO graph_windows
(
    tenant, window, generation, last_minute, edges.minute, edges.client_type, edges.client, edges.server_type, edges.server,
    edges.kind, edges.call_count, edges.error_count, edges.client_histogram, edges.server_histogram
)
SELECT
    {tenant:String},
    row.1,
    {generation:UInt64},
    row.2,
    row.3.1, row.3.2, row.3.3, row.3.4, row.3.5, row.3.6, row.3.7, row.3.8, row.3.9, row.3.10
FROM
(
    SELECT arrayJoin(JSONExtract(
        {rows:String},
        'Array(Tuple(UInt32, UInt32, Array(Tuple(UInt32, String, String, String, String, String, UInt64, UInt64, Tuple(Array(Int16), Array(UInt64)), Tuple(Array(Int16), Array(UInt64))))))')) AS row
)
