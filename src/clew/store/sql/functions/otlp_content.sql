-- the bytes of an encoded AnyValue of the kind string, bytes, array or kvlist
CREATE OR REPLACE FUNCTION otlp_content AS (value) -> substring(value, 2 + otlp_length_bytes(value, 2))
