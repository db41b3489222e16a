(
    (hasAny(arrayMap(a -> substring(a, 1, 128), attributes), arrayMap(form -> substring(unhex(form), 1, 128), {forms_/*n*/:Array(String)}))
        AND hasAny(attributes, arrayMap(form -> unhex(form), {forms_/*n*/:Array(String)})))
    OR (hasAny(arrayMap(a -> substring(a, 1, 128), arrayConcat(arrayFlatten(events.attributes), arrayFlatten(links.attributes))), arrayMap(form -> substring(unhex(form), 1, 128), {forms_/*n*/:Array(String)}))
        AND hasAny(arrayConcat(arrayFlatten(events.attributes), arrayFlatten(links.attributes)), arrayMap(form -> unhex(form), {forms_/*n*/:Array(String)})))
    /*or_origin*/
)
