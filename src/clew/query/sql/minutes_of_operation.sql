intDiv(start_time_unix_nano, 60000000000) IN
(
    SELECT toUInt64(minute)
    FROM clew.operation_minutes
    WHERE tenant = {tenant:String} AND /*operation*/
)
