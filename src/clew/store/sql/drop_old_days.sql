ALTER TABLE clew./*table*/ DELETE WHERE received_day < {first_day:Date}
