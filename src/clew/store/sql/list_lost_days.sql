SELECT arraySort(groupUniqArrayArray(arrayMap(day -> toString(day), days)))
FROM clew.due_traces
WHERE (tenant, trace_id) IN (SELECT tenant, trace_id FROM clew.day_verdicts WHERE weight = 0)
