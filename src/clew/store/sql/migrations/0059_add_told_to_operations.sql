ALTER TABLE operations
    ADD COLUMN IF NOT EXISTS told String AFTER kind,
    MODIFY ORDER BY (tenant, service, name, kind, told)
