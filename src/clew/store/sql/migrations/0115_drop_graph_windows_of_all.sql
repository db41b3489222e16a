DROP TABLE IF EXISTS graph_windows_of_all SYNC
