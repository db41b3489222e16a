ALTER TABLE clew.sampling_positions DELETE WHERE block_number > {last_block:Int64}
