SELECT
    edge.2 AS client_type,
    edge.3 AS client,
    edge.4 AS server_type,
    edge.5 AS server,
    edge.6 AS kind,
    sum(edge.7),
    sum(edge.8),
    sumMap(edge.9),
    sumMap(edge.10)
FROM
(
    SELECT arrayJoin(arrayZip(
        edges.minute, edges.client_type, edges.client, edges.server_type, edges.server, edges.kind,
        edges.call_count, edges.error_count, edges.client_histogram, edges.server_histogram)) AS edge
    -- FINAL before the filter on last_minute: a former row of a window must not show where the present one doesn't.
    FROM (SELECT * FROM clew.graph_windows FINAL WHERE tenant = {tenant:String} AND window < {end_minute:UInt32})
    WHERE last_minute >= {first_minute:UInt32}
)
WHERE edge.1 >= {first_minute:UInt32}
    AND edge.1 < {end_minute:UInt32}
    AND (
        {any_service:Bool}
        OR (client_type = 'service' AND client = {service:String})
        OR (server_type = 'service' AND server = {service:String})
    )
GROUP BY client_type, client, server_type, server, kind
ORDER BY client_type, client, server_type, server, kind
