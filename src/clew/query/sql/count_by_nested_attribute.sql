SELECT count()
FROM clew.spans
WHERE hasAny(
    arrayMap(a -> substring(a, 1, 128), arrayConcat(arrayFlatten(events.attributes), arrayFlatten(links.attributes))),
    arrayMap(token -> unhex(token), {tokens:Array(String)}))
