ALTER TABLE clew.attribute_values DELETE IN PARTITION ID {partition:String}
WHERE tenant = {tenant:String} AND sipHash64(toString(level), attribute) IN
    (
        SELECT number
        FROM clew.erasure_rows
        WHERE erasure = {erasure:String} AND kind = 'value' AND number NOT IN
            (SELECT number FROM clew.erasure_rows WHERE erasure = {erasure:String} AND kind = 'kept value' AND received_day = {day:Date})
    )
