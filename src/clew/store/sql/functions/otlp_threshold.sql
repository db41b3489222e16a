-- the threshold in a trace state (`ot=th:…`), which tells how many of 2^56 traces are rejected: 1 to 14 hexadecimal
-- digits, without the zeros at its end; empty when there is none
CREATE OR REPLACE FUNCTION otlp_threshold AS (trace_state) -> if(
    trace_state = '',
    '',
    extract(trace_state, '(?:^|,)[ \\t]*ot=(?:[^,]*;)?th:([0-9a-fA-F]{1,14})[ \\t]*(?:[;,]|$)'))
