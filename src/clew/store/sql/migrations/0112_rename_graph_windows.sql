RENAME TABLE IF EXISTS graph_windows TO graph_windows_of_all
