-- The probability by which a span was kept, 0 when it doesn't tell: by its threshold (`otlp_threshold`, of 64 bits
-- here, so that the difference is exact), else by Jaeger's tags (`otlp_sampler_tags`). A span that says it was
-- kept by something else (a lower bound, a rate limit) has none, whatever else it has.
CREATE OR REPLACE FUNCTION otlp_probability AS (threshold, tags) -> if(
    threshold = '' AND empty(tags),
    0.,
    arrayMap(
        (sampler, param, rejected) -> multiIf(
            sampler NOT IN ('', 'probabilistic'), 0.,
            threshold != '', if(rejected = 0, 1., toFloat64(bitNot(rejected) + 1) / 18446744073709551616.),
            sampler = 'probabilistic' AND param > 0 AND param <= 1, param,
            0.),
        [otlp_text(otlp_value(arrayFirst(a -> startsWith(a, '\n\x0Csampler.type'), tags)))],
        [toFloat64OrZero(otlp_text(otlp_value(arrayFirst(a -> startsWith(a, '\n\x0Dsampler.param'), tags))))],
        [reinterpretAsUInt64(reverse(unhex(rightPad(threshold, 16, '0'))))])[1])
