SELECT rule, service, weight > 0, count(), sum(span_count), countIf(error_count > 0), sum(weight)
FROM clew.day_verdicts
GROUP BY ALL
ORDER BY ALL
