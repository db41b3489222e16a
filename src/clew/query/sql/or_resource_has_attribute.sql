OR resource IN
(
    SELECT resource
    FROM clew.origins
    WHERE tenant = {tenant:String}
        AND hasAny(JSONExtract(resource, 1, 'Array(String)'), arrayMap(form -> upper(form), {forms_/*n*/:Array(String)}))
)
