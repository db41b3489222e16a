-- what its spans say of how they were sampled (`otlp_told`): by that, what there was can be told from what was kept
ALTER TABLE operation_minutes
    ADD COLUMN IF NOT EXISTS told String CODEC(ZSTD(1)) AFTER kind,
    MODIFY ORDER BY (tenant, service, minute, name, kind, told)
