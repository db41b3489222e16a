ALTER TABLE clew.spans DELETE IN PARTITION ID {partition:String} WHERE tenant = {tenant:String} AND /*is_to_erase.sql*/
