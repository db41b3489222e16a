SELECT
    (SELECT uniqExact(trace_id) FROM clew.traces WHERE tenant = {tenant:String} AND (
        (notEmpty({trace_id:String}) AND trace_id = toFixedString(unhex({trace_id:String}), 16))
        OR trace_id IN (SELECT trace_id FROM clew.spans WHERE tenant = {tenant:String} AND notEmpty({forms:Array(String)}) AND (
    (hasAny(arrayMap(a -> substring(a, 1, 128), attributes), arrayMap(form -> substring(unhex(form), 1, 128), {forms:Array(String)}))
        AND hasAny(attributes, arrayMap(form -> unhex(form), {forms:Array(String)})))
    OR hasAny(arrayConcat(arrayFlatten(events.attributes), arrayFlatten(links.attributes)), arrayMap(form -> unhex(form), {forms:Array(String)}))
    OR hasAny(JSONExtract(resource, 1, 'Array(String)'), {forms:Array(String)})
    OR hasAny(JSONExtract(scope, 3, 'Array(String)'), {forms:Array(String)})
)))),
    (SELECT count() FROM clew.spans WHERE tenant = {tenant:String} AND (
        (notEmpty({trace_id:String}) AND trace_id = toFixedString(unhex({trace_id:String}), 16))
        OR (notEmpty({forms:Array(String)}) AND if({whole_traces:Bool},
            trace_id IN (SELECT trace_id FROM clew.spans WHERE tenant = {tenant:String} AND (
    (hasAny(arrayMap(a -> substring(a, 1, 128), attributes), arrayMap(form -> substring(unhex(form), 1, 128), {forms:Array(String)}))
        AND hasAny(attributes, arrayMap(form -> unhex(form), {forms:Array(String)})))
    OR hasAny(arrayConcat(arrayFlatten(events.attributes), arrayFlatten(links.attributes)), arrayMap(form -> unhex(form), {forms:Array(String)}))
    OR hasAny(JSONExtract(resource, 1, 'Array(String)'), {forms:Array(String)})
    OR hasAny(JSONExtract(scope, 3, 'Array(String)'), {forms:Array(String)})
)),
            (
    (hasAny(arrayMap(a -> substring(a, 1, 128), attributes), arrayMap(form -> substring(unhex(form), 1, 128), {forms:Array(String)}))
        AND hasAny(attributes, arrayMap(form -> unhex(form), {forms:Array(String)})))
    OR hasAny(arrayConcat(arrayFlatten(events.attributes), arrayFlatten(links.attributes)), arrayMap(form -> unhex(form), {forms:Array(String)}))
    OR hasAny(JSONExtract(resource, 1, 'Array(String)'), {forms:Array(String)})
    OR hasAny(JSONExtract(scope, 3, 'Array(String)'), {forms:Array(String)})
))))),
    (SELECT count() FROM clew.logs WHERE tenant = {tenant:String} AND (
        (trace_id != '' AND trace_id = unhex({trace_id:String}))
        OR ({whole_traces:Bool} AND notEmpty({forms:Array(String)}) AND trace_id != '' AND trace_id IN (SELECT toString(trace_id) FROM clew.spans WHERE tenant = {tenant:String} AND (
    (hasAny(arrayMap(a -> substring(a, 1, 128), attributes), arrayMap(form -> substring(unhex(form), 1, 128), {forms:Array(String)}))
        AND hasAny(attributes, arrayMap(form -> unhex(form), {forms:Array(String)})))
    OR hasAny(arrayConcat(arrayFlatten(events.attributes), arrayFlatten(links.attributes)), arrayMap(form -> unhex(form), {forms:Array(String)}))
    OR hasAny(JSONExtract(resource, 1, 'Array(String)'), {forms:Array(String)})
    OR hasAny(JSONExtract(scope, 3, 'Array(String)'), {forms:Array(String)})
)))
        OR hasAny(attributes, arrayMap(form -> unhex(form), {forms:Array(String)}))
        OR hasAny(JSONExtract(resource, 1, 'Array(String)'), {forms:Array(String)})
        OR hasAny(JSONExtract(scope, 3, 'Array(String)'), {forms:Array(String)})))
