-- the number in an encoded AnyValue of the kind double; of other kinds the answer means nothing
CREATE OR REPLACE FUNCTION otlp_double AS (value) -> reinterpretAsFloat64(substring(value, 2, 8))
