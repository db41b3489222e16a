-- the probability that a trace state tells: `ot=th:…` is how many of 2^56 traces are rejected, in hexadecimal without the
-- zeros at its end; 0 when it tells none. As 64 bits, so that the difference is exact.
CREATE OR REPLACE FUNCTION otlp_threshold AS (trace_state) ->
    arrayMap(
        th -> if(th = '', 0., arrayMap(
            rejected -> if(rejected = 0, 1., toFloat64(bitNot(rejected) + 1) / 18446744073709551616.),
            [reinterpretAsUInt64(reverse(unhex(rightPad(th, 16, '0'))))])[1]),
        [extract(trace_state, '(?:^|,)[ \\t]*ot=(?:[^,]*;)?th:([0-9a-fA-F]{1,14})[ \\t]*(?:[;,]|$)')])[1]
