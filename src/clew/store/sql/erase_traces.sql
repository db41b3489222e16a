ALTER TABLE clew.traces DELETE IN PARTITION ID {partition:String} WHERE tenant = {tenant:String} AND toString(trace_id) IN
    (SELECT trace_id FROM clew.erasure_rows WHERE erasure = {erasure:String} AND kind IN ('trace', 'span') AND received_day = {day:Date})
