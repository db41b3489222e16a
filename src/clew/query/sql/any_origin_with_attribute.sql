SELECT
    countIf(hasAny(JSONExtract(resource, 1, 'Array(String)'), arrayMap(form -> upper(form), {forms:Array(String)}))),
    countIf(hasAny(JSONExtract(scope, 3, 'Array(String)'), arrayMap(form -> upper(form), {forms:Array(String)})))
FROM clew.origins
WHERE tenant = {tenant:String}
