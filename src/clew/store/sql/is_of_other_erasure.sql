(
    (received_day, toString(trace_id), toString(span_id), start_time_unix_nano) IN
    (
        SELECT received_day, trace_id, span_id, time_unix_nano
        FROM clew.erasure_rows
        WHERE erasure != {erasure:String} AND tenant = {tenant:String} AND kind = 'span'
    )
    AND (received_day, /*hash_of_span.sql*/) IN
    (
        SELECT received_day, number
        FROM clew.erasure_rows
        WHERE erasure != {erasure:String} AND tenant = {tenant:String} AND kind = 'span'
    )
)
