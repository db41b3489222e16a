-- Made anew, not modified: of a modified view the engine forgets at the next start which loads it has.
DROP TABLE IF EXISTS operation_minutes_of_spans, operations_of_operation_minutes SYNC
