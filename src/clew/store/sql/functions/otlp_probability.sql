-- The probability by which a root span was kept, 0 when it doesn't tell: OpenTelemetry's threshold, else Jaeger's tags.
-- A span that says it was kept by something else (a lower bound, a rate limit) has none, whatever else it has.
CREATE OR REPLACE FUNCTION otlp_probability AS (trace_state, attributes) ->
    arrayMap(
        (sampler, param, threshold) -> multiIf(
            sampler NOT IN ('', 'probabilistic'), 0.,
            threshold > 0, threshold,
            sampler = 'probabilistic' AND param > 0 AND param <= 1, param,
            0.),
        [otlp_text(otlp_value(arrayFirst(a -> startsWith(a, '\n\x0Csampler.type'), attributes)))],
        [toFloat64OrZero(otlp_text(otlp_value(arrayFirst(a -> startsWith(a, '\n\x0Dsampler.param'), attributes))))],
        [otlp_threshold(trace_state)])[1]
