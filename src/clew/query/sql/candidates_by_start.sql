trace_id IN
(
    -- a trace has one row for each hour in which it has spans, and all of them count: they are found by id
    SELECT trace_id
    FROM clew.traces
    WHERE tenant = {tenant:String}
        AND hour >= intDiv({start:UInt64}, 3600000000000)
        AND hour <= intDiv(least({last_start:UInt64}, {cursor_start:UInt64}), 3600000000000)
)
