ALTER TABLE graph_windows ADD COLUMN IF NOT EXISTS edges.probability Array(Float64) CODEC(ZSTD(1)) AFTER edges.kind
