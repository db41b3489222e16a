OR scope IN
(
    SELECT scope
    FROM clew.origins
    WHERE tenant = {tenant:String}
        AND arrayExists(a -> a.1 = {key_/*n*/:String} AND a.3 IN {values_/*n*/:Array(String)}, JSONExtract(scope, 3, 'Array(Tuple(String, String, String))'))
)
