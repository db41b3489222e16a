SELECT rule, service, weight > 0, count(), sum(span_count), countIf(error_count > 0), sum(weight)
FROM (/* judge_traces.sql */)
GROUP BY ALL
ORDER BY ALL
