ALTER TABLE clew.spans DELETE IN PARTITION {day:String} WHERE tenant = {tenant:String} AND /*is_to_erase.sql*/
