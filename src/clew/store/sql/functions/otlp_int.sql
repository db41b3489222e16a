-- the number in an encoded AnyValue of the kind int (or bool); of other kinds the answer means nothing
CREATE OR REPLACE FUNCTION otlp_int AS (value) ->
    reinterpretAsInt64(arrayReduce('groupBitOr', arrayMap(
        place -> bitShiftLeft(
            toUInt64(bitAnd(reinterpretAsUInt8(substring(value, 2 + place, 1)), 127)), 7 * place),
        range(least(toUInt64(greatest(length(value), 1)) - 1, 10)))))
