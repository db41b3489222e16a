INSERT INTO graph_positions (received_day, block_number, generation)
SELECT {received_day:Date}, {block_number:Int64}, {generation:UInt64}
