-- not FINAL, which holds 65,000 rows at a time, and one may have 100 kB
(window, generation) IN
        (
            SELECT window, max(generation)
            FROM clew.graph_windows
            WHERE tenant = {tenant:String} AND window < {end_minute:UInt32}
            GROUP BY window
        )
