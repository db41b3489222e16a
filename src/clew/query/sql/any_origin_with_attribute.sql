SELECT
    countIf(arrayExists(a -> a.1 = {key:String} AND concat(a.2, '=', a.3) IN {forms:Array(String)}, JSONExtract(resource, 1, 'Array(Tuple(String, String, String))'))),
    countIf(arrayExists(a -> a.1 = {key:String} AND concat(a.2, '=', a.3) IN {forms:Array(String)}, JSONExtract(scope, 3, 'Array(Tuple(String, String, String))')))
FROM clew.origins
WHERE tenant = {tenant:String}
