scope IN
(
    SELECT scope
    FROM clew.origins
    WHERE tenant = {tenant:String}
        AND arrayExists(a -> /*test*/, arrayMap(a -> unhex(a), JSONExtract(scope, 3, 'Array(String)')))
)
