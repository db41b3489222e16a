trace_id IN
(
    SELECT trace_id
    FROM clew.trace_starts
    WHERE tenant = {tenant:String}
        AND second >= intDiv({start:UInt64}, 1000000000)
        AND second <= intDiv(least({last_start:UInt64}, {cursor_start:UInt64}), 1000000000)
)
