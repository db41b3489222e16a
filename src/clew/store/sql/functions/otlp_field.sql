-- a length-delimited field: its tag (one byte), its length, its content
CREATE OR REPLACE FUNCTION otlp_field AS (tag, content) -> concat(tag, otlp_varint(length(content)), content)
