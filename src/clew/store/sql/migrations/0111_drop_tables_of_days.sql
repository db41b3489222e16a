DROP TABLE IF EXISTS
    spans_of_days,
    logs_of_days,
    traces_of_days,
    trace_starts_of_days,
    operation_minutes_of_days,
    operations_of_days,
    origins_of_days,
    attribute_values_of_days,
    graph_positions_of_days SYNC
