ALTER TABLE clew.origins DELETE IN PARTITION {day:String} WHERE tenant = {tenant:String}
    AND sipHash64(resource, scope) NOT IN
        (SELECT sipHash64(toString(resource), toString(scope)) FROM clew.spans WHERE tenant = {tenant:String} AND received_day = {day:Date}
        AND NOT ((toString(trace_id), toString(span_id), start_time_unix_nano) IN
        (SELECT trace_id, span_id, time_unix_nano FROM clew.erasure_rows WHERE erasure = {erasure:String} AND kind = 'span' AND received_day = {day:Date})
        AND span_hash(trace_id, ids, start_time_unix_nano, duration_ns, service, name, kind, flags, trace_state, status_code, status_message, attributes, events.time_unix_nano, events.name, events.attributes, links.trace_id, links.span_id, links.attributes, resource, scope) IN
        (SELECT number FROM clew.erasure_rows WHERE erasure = {erasure:String} AND kind = 'span' AND received_day = {day:Date})))
