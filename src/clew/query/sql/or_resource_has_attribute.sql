OR resource IN
(
    SELECT resource
    FROM clew.origins
    WHERE tenant = {tenant:String}
        AND arrayExists(a -> a.1 = {key_/*n*/:String} AND concat(a.2, '=', a.3) IN {forms_/*n*/:Array(String)}, JSONExtract(resource, 1, 'Array(Tuple(String, String, String))'))
)
