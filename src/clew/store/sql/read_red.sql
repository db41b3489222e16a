SELECT
    service,
    intDiv(minute - {first_minute:UInt32}, {step_minutes:UInt32}) AS step,
    sum(span_count),
    sum(error_count),
    sum(duration_sum_ns),
    max(duration_max_ns),
    sumMap(duration_histogram)
FROM clew.operation_minutes
WHERE tenant = {tenant:String}
    AND ({any_service:Bool} OR service = {service:String})
    AND minute >= {first_minute:UInt32}
    AND minute < {end_minute:UInt32}
    AND ({any_operation:Bool} OR name = {operation:String})
    AND (empty({kinds:Array(Int32)}) OR has({kinds:Array(Int32)}, kind))
GROUP BY service, step
ORDER BY service, step
