received_day >= {first_received_day:Date}
            AND received_day IN (SELECT arrayJoin(days) FROM clew.due_traces)
            AND intDiv(start_time_unix_nano, 60000000000) IN (SELECT arrayJoin(minutes) FROM clew.due_traces)
            AND (tenant, trace_id) IN (SELECT tenant, trace_id FROM clew.due_traces)
