TRUNCATE TABLE clew.day_verdicts
