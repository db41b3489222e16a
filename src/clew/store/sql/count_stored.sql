SELECT
    (SELECT sum(rows) FROM system.parts WHERE database = 'clew' AND table = 'spans' AND active),
    (SELECT uniqExact(trace_id) FROM clew.traces),
    (SELECT sum(rows) FROM system.parts WHERE database = 'clew' AND table = 'logs' AND active),
    (SELECT sum(bytes_on_disk) FROM system.parts WHERE database = 'clew' AND active)
