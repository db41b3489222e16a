ALTER TABLE clew.arrival_marks DELETE WHERE block_number > {last_block:Int64}
