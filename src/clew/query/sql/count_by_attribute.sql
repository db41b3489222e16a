SELECT count()
FROM clew.spans
WHERE hasAny(arrayMap(a -> substring(a, 1, 128), attributes), arrayMap(token -> unhex(token), {tokens:Array(String)}))
