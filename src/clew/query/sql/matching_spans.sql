SELECT start, matching
FROM
(
    SELECT trace_id, count() AS matching
    FROM clew.spans
    WHERE tenant = {tenant:String} AND start_time_unix_nano >= {first:UInt64}
        AND (start_time_unix_nano <= {last_span:UInt64} OR trace_id IN
        (
            SELECT trace_id
            FROM clew.traces
            WHERE tenant = {tenant:String} AND end_time_unix_nano > {last_span:UInt64} AND trace_id IN (slice_ids)
        ))
        AND /*condition*/
    GROUP BY trace_id
) AS matched
INNER JOIN begun USING (trace_id)
