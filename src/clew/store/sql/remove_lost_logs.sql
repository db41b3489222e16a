ALTER TABLE clew.logs
-- Within an hour of a span; what is further away goes when its day is rewritten.
DELETE IN PARTITION ID /*partition*/ WHERE trace_id != ''
    AND intDiv(if(time_unix_nano = 0, observed_time_unix_nano, time_unix_nano), 60000000000) IN
        (
            SELECT arrayJoin(range(toUInt64(greatest(60, minute) - 60), toUInt64(minute) + 61))
            FROM (SELECT DISTINCT arrayJoin(minutes) AS minute FROM clew.lost_traces)
        )
    AND (tenant, trace_id) IN (SELECT tenant, toString(trace_id) FROM clew.lost_traces)
