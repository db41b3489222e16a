received_day = {day:Date}
