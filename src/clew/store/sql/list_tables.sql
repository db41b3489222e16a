SELECT name, ifNull(total_rows, 0), ifNull(total_bytes, 0), ifNull(active_parts, 0), version()
FROM system.tables
WHERE database = 'clew' AND endsWith(engine, 'MergeTree')
ORDER BY name
