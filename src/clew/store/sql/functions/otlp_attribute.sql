-- an encoded KeyValue from the key, the kind and the text that the first schema kept
CREATE OR REPLACE FUNCTION otlp_attribute AS (key, kind, value) ->
    concat(if(key = '', '', otlp_field('\n', key)), otlp_field('\x12', otlp_any_value(kind, value)))
