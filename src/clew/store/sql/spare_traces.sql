ALTER TABLE clew.lost_traces DELETE
WHERE /*is_spared.sql*/
