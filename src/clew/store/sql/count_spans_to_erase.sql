SELECT count() FROM clew.spans WHERE tenant = {tenant:String} AND received_day = {day:Date} AND /*is_to_erase.sql*/
