-- how many bytes the varint at that position of an encoded message takes; lengths there are below 2^28
CREATE OR REPLACE FUNCTION otlp_length_bytes AS (message, at) ->
    arrayMap(
        bytes -> toUInt32(multiIf(NOT bitTest(bytes, 7), 1, NOT bitTest(bytes, 15), 2, NOT bitTest(bytes, 23), 3, 4)),
        [reinterpretAsUInt32(substring(message, at, 4))])[1]
