UNION ALL
SELECT trace_id
FROM clew.spans
WHERE tenant = {tenant:String}
    AND indexHint(start_time_unix_nano > {last_span:UInt64})
    AND trace_id IN
    (
        -- no row of a trace says when it began, but each says when something of it ended
        SELECT trace_id
        FROM clew.traces
        WHERE tenant = {tenant:String}
            AND end_time_unix_nano > {last_span:UInt64}
            AND trace_id IN
            (
                SELECT trace_id
                FROM clew.trace_starts
                WHERE tenant = {tenant:String}
                    AND second BETWEEN intDiv({first:UInt64}, 1000000000) AND intDiv({last:UInt64}, 1000000000)
                    AND start_time_unix_nano BETWEEN {first:UInt64} AND {last:UInt64}
            )
    )
    AND /*condition*/
