-- a number encoded as a varint
CREATE OR REPLACE FUNCTION otlp_varint AS (number) ->
    arrayStringConcat(arrayMap(
        place -> char(toUInt8(
            bitAnd(bitShiftRight(toUInt64(number), 7 * place), 127)
            + if(place < 9 AND bitShiftRight(toUInt64(number), 7 * (place + 1)) != 0, 128, 0))),
        arrayFilter(place -> place = 0 OR bitShiftRight(toUInt64(number), 7 * place) != 0, range(10))))
