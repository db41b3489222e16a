-- by which its spans were kept, 0 where they don't tell: the sum of counts by it is what was, not only what was kept
ALTER TABLE operation_minutes
    ADD COLUMN IF NOT EXISTS probability Float64 CODEC(ZSTD(1)) AFTER kind,
    MODIFY ORDER BY (tenant, service, minute, name, kind, probability)
