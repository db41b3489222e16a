(
    (hasAny(arrayMap((k, v) -> concat(k, '=', substring(v, 1, 128)), attributes.key, attributes.value), arrayMap(v -> concat({key_/*n*/:String}, '=', substring(v, 1, 128)), {texts_/*n*/:Array(String)}))
        AND arrayExists((k, kind, v) -> k = {key_/*n*/:String} AND concat(toString(kind), '=', v) IN {forms_/*n*/:Array(String)}, attributes.key, attributes.kind, attributes.value))
    OR (hasAny(arrayMap(a -> concat(a.1, '=', substring(a.3, 1, 128)), arrayConcat(arrayFlatten(events.attributes), arrayFlatten(links.attributes))), arrayMap(v -> concat({key_/*n*/:String}, '=', substring(v, 1, 128)), {texts_/*n*/:Array(String)}))
        AND arrayExists(a -> a.key = {key_/*n*/:String} AND concat(toString(a.kind), '=', a.value) IN {forms_/*n*/:Array(String)}, arrayConcat(arrayFlatten(events.attributes), arrayFlatten(links.attributes))))
    /*or_origin*/
)
