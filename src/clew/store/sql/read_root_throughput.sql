SELECT service, name, groupArray((told, spans))
FROM
(
    SELECT service, toString(name) AS name, otlp_told(trace_state, ids, attributes) AS told, count() AS spans
    FROM clew.spans
    WHERE ({any_tenant:Bool} OR tenant = {tenant:String})
        AND received_day >= {first_day:Date}
        AND intDiv(start_time_unix_nano, 60000000000) BETWEEN {first_minute:UInt64} AND {last_minute:UInt64}
        AND start_time_unix_nano >= {start_unix_nano:UInt64}
        AND start_time_unix_nano < {end_unix_nano:UInt64}
        AND substring(ids, 9) IN ('', unhex('0000000000000000'))
    GROUP BY service, name, told
)
GROUP BY service, name
ORDER BY sum(spans) DESC, service, name
LIMIT {operations_per_service:UInt32} BY service
LIMIT {operations:UInt32}
