SELECT count() FROM system.tables WHERE database = 'clew' AND name != 'schema_migrations'
