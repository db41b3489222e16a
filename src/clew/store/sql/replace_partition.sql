ALTER TABLE clew./*table*/ REPLACE PARTITION ID {partition:String} FROM clew_kept./*table*/
