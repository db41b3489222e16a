SELECT sum(span_count) FROM clew.operations WHERE received_day = {day:Date}
