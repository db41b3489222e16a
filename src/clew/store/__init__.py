"""ClickHouse: the schema, loads from the journal, reads."""
