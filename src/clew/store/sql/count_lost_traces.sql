SELECT count(), sum(span_count), arraySort(arrayMap(day -> toString(day), groupUniqArrayArray(days))) FROM clew.lost_traces
