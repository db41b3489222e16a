INSERT INTO clew.sampling_positions (received_day, block_number, is_removing, generation)
SELECT {day:Date}, {block_number:Int64}, {is_removing:Bool}, (SELECT max(generation) FROM clew.sampling_positions) + 1
