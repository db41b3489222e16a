-- the encoded AnyValue of an encoded KeyValue; empty when it has none
CREATE OR REPLACE FUNCTION otlp_value AS (attribute) ->
    arrayMap(
        at -> substring(attribute, at + 1 + otlp_length_bytes(attribute, at + 1)),
        [if(startsWith(attribute, '\n'), 2 + otlp_length_bytes(attribute, 2) + otlp_length(attribute, 2), 1)])[1]
