SELECT received_day, block_number, generation FROM clew.graph_positions FINAL
