SELECT DISTINCT toUInt32(intDiv(second, 60)) AS window
FROM clew.trace_starts
WHERE tenant = {tenant:String}
    AND second >= {first_minute:UInt64} * 60
    AND second < ({last_minute:UInt64} + 1) * 60
    AND trace_id IN (SELECT toFixedString(substring(unhex({trace_ids:String}), 16 * number + 1, 16), 16) FROM numbers({traces:UInt64}))
