ALTER TABLE clew./*table*/ REPLACE PARTITION {day:String} FROM clew_kept./*table*/
