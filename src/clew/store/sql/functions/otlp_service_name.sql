-- the service's name among the encoded attributes of a resource; one that is no string comes as its encoded AnyValue in
-- hexadecimal, and '' stands for none. Counted out by hand (a tag and a length before the value, and again before its
-- text), because the general functions would add 10 ms of query analysis to each load.
CREATE OR REPLACE FUNCTION otlp_service_name AS (attributes) ->
    arrayMap(
        a -> arrayMap(
            value_at -> if(
                substring(a, value_at, 1) = '\n',
                substring(a, value_at + multiIf(length(a) <= 146, 2, length(a) <= 16404, 3, 4)),
                hex(substring(a, value_at))),
            [multiIf(length(a) <= 143, 17, length(a) <= 16400, 18, 19)])[1],
        [arrayFirst(a -> startsWith(a, '\n\x0Cservice.name'), attributes)])[1]
