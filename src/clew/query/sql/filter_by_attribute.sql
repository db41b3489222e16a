(
    (hasAny(arrayMap((k, v) -> concat(k, '=', substring(v, 1, 128)), attributes.key, attributes.value), {tokens_/*n*/:Array(String)})
        AND arrayExists((k, v) -> k = {key_/*n*/:String} AND v IN {values_/*n*/:Array(String)}, attributes.key, attributes.value))
    OR (hasAny(arrayMap(a -> concat(a.1, '=', substring(a.3, 1, 128)), arrayConcat(arrayFlatten(events.attributes), arrayFlatten(links.attributes))), {tokens_/*n*/:Array(String)})
        AND arrayExists(a -> a.key = {key_/*n*/:String} AND a.value IN {values_/*n*/:Array(String)}, arrayConcat(arrayFlatten(events.attributes), arrayFlatten(links.attributes))))
    /*or_origin*/
)
