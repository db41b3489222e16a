SELECT
    service,
    intDiv(minute - {first_minute:UInt32}, {step_minutes:UInt32}) AS step,
    told,
    probability,
    sum(span_count),
    sum(error_count),
    sum(duration_sum_ns),
    max(duration_max_ns),
    sumMap(duration_histogram)
FROM
(
    SELECT service, minute, name, kind, told, 0. AS probability, span_count, error_count, duration_sum_ns, duration_max_ns, duration_histogram
    FROM clew.operation_minutes
    WHERE tenant = {tenant:String}
        AND minute >= {first_minute:UInt32}
        AND minute < {end_minute:UInt32}
        AND ({any_service:Bool} OR service = {service:String})
    UNION ALL
    -- some of the same spans, with the probability that the roots of their traces tell
    SELECT
        untold.service, untold.minute, untold.name, untold.kind, '', untold.probability,
        untold.span_count, untold.error_count, untold.duration_sum_ns, 0, untold.duration_histogram
    FROM clew.graph_windows
    ARRAY JOIN untold
    WHERE tenant = {tenant:String}
        AND window < {end_minute:UInt32}
        AND last_minute >= {first_minute:UInt32}
        AND /*is_latest_window.sql*/
        AND untold.minute >= {first_minute:UInt32}
        AND untold.minute < {end_minute:UInt32}
        AND ({any_service:Bool} OR untold.service = {service:String})
)
WHERE ({any_operation:Bool} OR name = {operation:String})
    AND (empty({kinds:Array(Int32)}) OR has({kinds:Array(Int32)}, kind))
GROUP BY service, step, told, probability
ORDER BY service, step, told, probability
