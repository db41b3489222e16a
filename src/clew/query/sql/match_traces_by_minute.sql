SELECT DISTINCT trace_id
FROM clew.spans
WHERE tenant = {tenant:String}
    AND
    (
        (intDiv(start_time_unix_nano, 60000000000), trace_id) IN
        (
            SELECT pair.1, toFixedString(unhex(pair.2), 16)
            FROM (SELECT arrayJoin(arrayZip({minutes:Array(UInt64)}, {minute_trace_ids:Array(String)})) AS pair)
        )
        -- those that last so long that it isn't worth while to list their minutes
        OR trace_id IN (SELECT toFixedString(unhex(arrayJoin({long_trace_ids:Array(String)})), 16))
    )
    AND /*condition*/
