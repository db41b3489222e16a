trace_id IN
(
    SELECT trace_id
    FROM clew.spans
    WHERE tenant = {tenant:String}
        AND intDiv(start_time_unix_nano, 60000000000) >= intDiv({start:UInt64}, 60000000000)
        AND start_time_unix_nano >= {start:UInt64}
        AND /*span_filters*/
)
