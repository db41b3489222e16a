ALTER TABLE clew.origins DELETE IN PARTITION {day:String} WHERE tenant = {tenant:String}
    AND sipHash64(resource, scope) NOT IN
        (SELECT sipHash64(toString(resource), toString(scope)) FROM clew.spans WHERE tenant = {tenant:String} AND received_day = {day:Date}
        AND (toString(trace_id), toString(span_id), start_time_unix_nano, reinterpretAsUInt64(duration_ns)) NOT IN
        (SELECT trace_id, span_id, time_unix_nano, number FROM clew.erasure_rows WHERE erasure = {erasure:String} AND kind = 'span' AND received_day = {day:Date}))
