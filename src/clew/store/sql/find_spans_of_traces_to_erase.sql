INSERT INTO clew.erasure_rows (erasure, tenant, received_day, kind, trace_id, span_id, time_unix_nano, number)
SELECT {erasure:String}, tenant, received_day, 'span', trace_id, span_id, start_time_unix_nano, /*hash_of_span.sql*/
FROM clew.spans
WHERE tenant = {tenant:String}
    AND intDiv(start_time_unix_nano, 60000000000) IN
    (
        SELECT arrayJoin(minutes)
        FROM clew.traces
        WHERE tenant = {tenant:String} AND toString(trace_id) IN (SELECT trace_id FROM clew.erasure_rows WHERE erasure = {erasure:String} AND kind = 'trace')
    )
    AND toString(trace_id) IN (SELECT trace_id FROM clew.erasure_rows WHERE erasure = {erasure:String} AND kind = 'trace')
    -- what an earlier erasure has found goes with that one, and is counted once
    AND NOT /*is_of_other_erasure.sql*/
