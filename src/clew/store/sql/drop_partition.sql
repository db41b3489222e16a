ALTER TABLE clew./*table*/ DROP PARTITION ID {partition:String}
