(
    (toString(trace_id), toString(span_id), start_time_unix_nano) IN
    (
        SELECT trace_id, span_id, time_unix_nano
        FROM clew.erasure_rows
        WHERE erasure = {erasure:String} AND kind = 'span' AND received_day = {day:Date}
    )
    AND /*hash_of_span.sql*/ IN
    (
        SELECT number
        FROM clew.erasure_rows
        WHERE erasure = {erasure:String} AND kind = 'span' AND received_day = {day:Date}
    )
)
