SELECT
    hex(trace_id) AS id,
    min(start_time_unix_nano) AS start,
    -- a start of 0 was not set: then nobody knows how long it took, and it was not since 1970
    if(start = 0, 0, toInt64(least(reinterpretAsUInt64(max(end_time_unix_nano) - start), 9223372036854775807))) AS duration,
    min(root) AS earliest_root,
    sum(span_count) AS spans,
    sum(error_count) AS errors,
    arraySort(groupUniqArrayArray(services)) AS service_names,
    max(end_time_unix_nano) AS latest_end,
    [/*facts*/]::Array(UInt8) AS facts
FROM clew.traces
WHERE tenant = {tenant:String} AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
GROUP BY trace_id
HAVING start BETWEEN {first:UInt64} AND {last:UInt64}
    AND (start < {cursor_start:UInt64} OR (start = {cursor_start:UInt64} AND id > {cursor_id:String}))
    AND /*condition*/
