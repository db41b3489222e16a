SELECT received_day, block_number FROM clew.sampling_positions FINAL WHERE is_removing
