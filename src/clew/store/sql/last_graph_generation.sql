SELECT greatest(
    (SELECT max(generation) FROM clew.graph_windows),
    (SELECT max(generation) FROM clew.graph_positions))
