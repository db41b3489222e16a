ALTER TABLE clew.logs DELETE IN PARTITION ID {partition:String} WHERE tenant = {tenant:String} AND (trace_id, span_id, time_unix_nano, /*hash_of_log.sql*/) IN
    (SELECT trace_id, span_id, time_unix_nano, number FROM clew.erasure_rows WHERE erasure = {erasure:String} AND kind = 'log' AND received_day = {day:Date})
