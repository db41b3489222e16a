DROP TABLE IF EXISTS traces_of_spans, operations_of_spans, origins_of_spans, attribute_values_of_spans SYNC
