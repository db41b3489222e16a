INSERT INTO clew_kept.spans
SELECT *
FROM clew.spans
WHERE received_day = {day:Date}
    AND intDiv(start_time_unix_nano, 60000000000) BETWEEN {first_minute:UInt64} AND {last_minute:UInt64}
    AND (tenant, trace_id) IN
    (
        SELECT tenant, trace_id
        FROM clew.day_verdicts
        WHERE weight > 0 AND (tenant, trace_id) IN
        (
            -- only the ids that occur in these minutes: the set stays small, however many traces the day has
            SELECT tenant, trace_id
            FROM clew.spans
            WHERE received_day = {day:Date}
                AND intDiv(start_time_unix_nano, 60000000000) BETWEEN {first_minute:UInt64} AND {last_minute:UInt64}
        )
    )
