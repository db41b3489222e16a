SELECT name
FROM system.parts
WHERE database = 'clew' AND table = 'traces' AND active AND modification_time >= now() - INTERVAL 1 DAY
