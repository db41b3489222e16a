-- Spans that tell no probability, in traces whose root tells one: `operation_minutes` has them with a `told` of none.
ALTER TABLE graph_windows
    ADD COLUMN IF NOT EXISTS untold.minute Array(UInt32) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS untold.service Array(LowCardinality(String)) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS untold.name Array(String) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS untold.kind Array(Int32) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS untold.probability Array(Float64) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS untold.span_count Array(UInt64) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS untold.error_count Array(UInt64) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS untold.duration_sum_ns Array(UInt64) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS untold.duration_histogram Array(Tuple(Array(Int16), Array(UInt64))) CODEC(ZSTD(1))
