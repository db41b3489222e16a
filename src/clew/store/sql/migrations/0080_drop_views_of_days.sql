DROP TABLE IF EXISTS
    traces_of_spans, trace_starts_of_traces, operation_minutes_of_spans, operations_of_operation_minutes, origins_of_spans,
    attribute_values_of_spans SYNC
