SELECT any(begun.start) AS start, count() AS matching
FROM clew.spans
INNER JOIN begun ON spans.trace_id = begun.trace_id
WHERE tenant = {tenant:String} AND start_time_unix_nano >= {first:UInt64}
    AND (start_time_unix_nano <= {last_span:UInt64} OR spans.trace_id IN
    (
        SELECT trace_id
        FROM clew.traces
        WHERE tenant = {tenant:String} AND end_time_unix_nano > {last_span:UInt64} AND trace_id IN (slice_ids)
    ))
    AND /*condition*/
    AND /*mixed*/
GROUP BY spans.trace_id
