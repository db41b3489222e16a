RENAME TABLE IF EXISTS graph_positions TO graph_positions_of_days
