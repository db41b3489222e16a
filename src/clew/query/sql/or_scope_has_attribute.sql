OR scope IN
(
    SELECT scope
    FROM clew.origins
    WHERE tenant = {tenant:String}
        AND hasAny(JSONExtract(scope, 3, 'Array(String)'), arrayMap(form -> upper(form), {forms_/*n*/:Array(String)}))
)
