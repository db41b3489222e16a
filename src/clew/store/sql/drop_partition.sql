ALTER TABLE clew./*table*/ DROP PARTITION {day:String}
