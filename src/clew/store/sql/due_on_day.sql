SELECT tenant, trace_id FROM clew.traces WHERE received_day = {day:Date}
