-- What a span says of how it was sampled, empty for most: the threshold in its trace state (`ot=th:…`, 1 to 14
-- hexadecimal digits) and then, of a root, the encoded attributes by which Jaeger's clients say it. It is decoded when
-- it is read: clients use a few, and a statement with all of that in it takes 25 ms longer to plan, at each load.
CREATE OR REPLACE FUNCTION otlp_told AS (trace_state, ids, attributes) -> concat(
    if(trace_state = '', '', extract(trace_state, '(?:^|,)[ \\t]*ot=(?:[^,]*;)?th:([0-9a-fA-F]{1,14})[ \\t]*(?:[;,]|$)')),
    if(
        substring(ids, 9) IN ('', unhex('0000000000000000')),
        arrayStringConcat(arrayFilter(a -> startsWith(a, '\n\x0Csampler.type') OR startsWith(a, '\n\x0Dsampler.param'), attributes)),
        ''))
