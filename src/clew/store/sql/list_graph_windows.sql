SELECT window, span_count
FROM clew.graph_windows FINAL
WHERE tenant = {tenant:String} AND has({windows:Array(UInt64)}, window)
