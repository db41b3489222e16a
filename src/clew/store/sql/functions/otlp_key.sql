-- the key of an encoded KeyValue (field 1 comes first, since the door writes each request in canonical form)
CREATE OR REPLACE FUNCTION otlp_key AS (attribute) ->
    if(startsWith(attribute, '\n'),
        substring(attribute, 2 + otlp_length_bytes(attribute, 2), otlp_length(attribute, 2)),
        '')
