SELECT count(), sum(span_count) FROM clew.lost_traces
