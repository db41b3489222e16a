SELECT uniqExactIf(trace_id, kind IN ('trace', 'span')), countIf(kind = 'log'), arraySort(groupUniqArray(toString(received_day)))
FROM clew.erasure_rows
WHERE erasure = {erasure:String}
