ALTER TABLE clew.origins DELETE IN PARTITION ID {partition:String} WHERE tenant = {tenant:String}
    AND sipHash64(resource, scope) NOT IN
        (SELECT sipHash64(toString(resource), toString(scope)) FROM clew.spans WHERE tenant = {tenant:String} AND received_day = {day:Date}
        AND NOT /*is_to_erase.sql*/)
