SELECT count()
FROM clew.lost_traces
WHERE /*is_spared.sql*/
