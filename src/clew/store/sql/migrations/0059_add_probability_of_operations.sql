ALTER TABLE operations
    ADD COLUMN IF NOT EXISTS probability Float64 AFTER kind,
    MODIFY ORDER BY (tenant, service, name, kind, probability)
