trace_id IN
(
    -- The times are only a hint to the sort key: to read that of every span costs more than all else, and what is
    -- outside of the slice is left out by the starts of the traces.
    SELECT trace_id
    FROM clew.spans
    WHERE tenant = {tenant:String}
        AND indexHint(start_time_unix_nano BETWEEN {first_span:UInt64} AND {last_span:UInt64})
        AND /*minutes*/
        AND /*condition*/
    /*late*/
)
