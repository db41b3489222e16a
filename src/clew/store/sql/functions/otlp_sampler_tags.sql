-- of a root span, the encoded attributes by which Jaeger's clients say how it was sampled; others have none
CREATE OR REPLACE FUNCTION otlp_sampler_tags AS (ids, attributes) -> if(
    substring(ids, 9) IN ('', unhex('0000000000000000')),
    arrayFilter(a -> startsWith(a, '\n\x0Csampler.type') OR startsWith(a, '\n\x0Dsampler.param'), attributes),
    [])
