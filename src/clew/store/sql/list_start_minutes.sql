SELECT intDiv(start_time_unix_nano, 60000000000) AS minute, count()
FROM clew.spans
WHERE received_day = {day:Date}
GROUP BY minute
ORDER BY minute
