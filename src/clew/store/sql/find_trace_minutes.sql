SELECT sum(span_count), groupUniqArrayArray(minutes)
FROM clew.traces
WHERE tenant = {tenant:String} AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({trace_ids:Array(String)})), 16))
