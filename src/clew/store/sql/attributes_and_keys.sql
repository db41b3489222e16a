-- as `attribute_values` has them: each attribute, and its key alone as the view writes it
arrayConcat(
                arrayMap(a -> ('span', toString(a)), attributes),
                arrayMap(a -> ('span', substringIndex(replaceRegexpOne(toString(a), '^\n\x12', '\n\x11'), '\x12', 1)), attributes),
                arrayMap(a -> ('event', a), arrayFlatten(events.attributes)),
                arrayMap(a -> ('event', substring(a, 1, 2 + reinterpretAsUInt8(substring(a, 2, 1)))), arrayFlatten(events.attributes)),
                arrayMap(a -> ('link', a), arrayFlatten(links.attributes)),
                arrayMap(a -> ('link', substring(a, 1, 2 + reinterpretAsUInt8(substring(a, 2, 1)))), arrayFlatten(links.attributes)))
