-- an encoded AnyValue from the kind and the text that the first schema kept
CREATE OR REPLACE FUNCTION otlp_any_value AS (kind, value) ->
    multiIf(
        kind = 'string', otlp_field('\n', value),
        kind = 'int', concat('\x18', otlp_varint(reinterpretAsUInt64(toInt64OrZero(value)))),
        kind = 'bool', if(value = 'true', '\x10\x01', '\x10\x00'),
        -- as FixedString: as String a number ends at its last byte that is not 0
        kind = 'double', concat('\x21', reinterpretAsFixedString(toFloat64OrZero(value))),
        kind = 'array', otlp_field('\x2A', value),
        kind = 'kvlist', otlp_field('\x32', value),
        kind = 'bytes', otlp_field('\x3A', value),
        '')
