-- the value of the varint at that position of an encoded message; lengths there are below 2^28
CREATE OR REPLACE FUNCTION otlp_length AS (message, at) ->
    -- in [brackets] and back out: a function is expanded where it stands, and its arguments with each of their uses
    arrayMap(
        bytes -> toUInt32(
            bitAnd(bytes, 127)
            + if(bitTest(bytes, 7), bitAnd(bitShiftRight(bytes, 1), 16256), 0)
            + if(bitTest(bytes, 7) AND bitTest(bytes, 15), bitAnd(bitShiftRight(bytes, 2), 2080768), 0)
            + if(bitTest(bytes, 7) AND bitTest(bytes, 15) AND bitTest(bytes, 23), bitAnd(bitShiftRight(bytes, 3), 266338304), 0)),
        [reinterpretAsUInt32(substring(message, at, 4))])[1]
