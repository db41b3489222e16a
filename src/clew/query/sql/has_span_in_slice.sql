trace_id IN
(
    -- The minutes are only hinted at: to compare every span with them costs more than a few traces too many, and
    -- what is outside of the slice is left out by its traces' starts.
    SELECT trace_id
    FROM clew.spans
    WHERE tenant = {tenant:String}
        AND indexHint(intDiv(start_time_unix_nano, 60000000000) BETWEEN {first_minute:UInt64} AND {last_minute:UInt64})
        AND /*minutes*/
        AND /*condition*/
    /*late*/
)
