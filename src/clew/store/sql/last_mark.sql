SELECT max(block_number) FROM clew.arrival_marks
