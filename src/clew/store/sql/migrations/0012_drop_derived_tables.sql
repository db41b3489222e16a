DROP TABLE IF EXISTS traces, operations, origins, attribute_values SYNC
