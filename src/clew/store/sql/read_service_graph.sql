SELECT
    client_type,
    client,
    server_type,
    server,
    kind,
    probability,
    sum(call_count),
    sum(error_count),
    sumMap(client_histogram),
    sumMap(server_histogram)
FROM
(
    SELECT
        edges.minute, edges.client_type, edges.client, edges.server_type, edges.server, edges.kind,
        edges.probability, edges.call_count, edges.error_count, edges.client_histogram, edges.server_histogram
    FROM clew.graph_windows
    WHERE tenant = {tenant:String}
        AND window < {end_minute:UInt32}
        AND last_minute >= {first_minute:UInt32}
        AND /*is_latest_window.sql*/
)
ARRAY JOIN
    edges.minute AS minute,
    edges.client_type AS client_type,
    edges.client AS client,
    edges.server_type AS server_type,
    edges.server AS server,
    edges.kind AS kind,
    edges.probability AS probability,
    edges.call_count AS call_count,
    edges.error_count AS error_count,
    edges.client_histogram AS client_histogram,
    edges.server_histogram AS server_histogram
WHERE minute >= {first_minute:UInt32}
    AND minute < {end_minute:UInt32}
    AND (
        {any_service:Bool}
        OR (client_type = 'service' AND client = {service:String})
        OR (server_type = 'service' AND server = {service:String})
    )
GROUP BY client_type, client, server_type, server, kind, probability
ORDER BY client_type, client, server_type, server, kind, probability
