INSERT INTO graph_links (tenant, trace_id, window)
SELECT {tenant:String}, toFixedString(unhex(pair.1), 16), pair.2
FROM (SELECT arrayJoin(JSONExtract({rows:String}, 'Array(Tuple(String, UInt32))')) AS pair)
