SELECT service, count()
FROM (/* judge_traces.sql */)
WHERE rule = 'the rest' AND is_new
GROUP BY service
