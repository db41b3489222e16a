-- an encoded AnyValue as a person would type it; arrays, lists and bytes in hexadecimal
CREATE OR REPLACE FUNCTION otlp_text AS (value) ->
    arrayMap(
        v -> multiIf(
            startsWith(v, '\x0A'), otlp_content(v),
            startsWith(v, '\x18'), toString(otlp_int(v)),
            startsWith(v, '\x10'), if(otlp_int(v) = 0, 'false', 'true'),
            startsWith(v, '\x21'), toString(otlp_double(v)),
            v = '', '',
            hex(otlp_content(v))),
        [value])[1]
