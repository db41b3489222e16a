resource IN
(
    SELECT resource
    FROM clew.origins
    WHERE tenant = {tenant:String}
        AND arrayExists(a -> /*test*/, arrayMap(a -> unhex(a), JSONExtract(resource, 1, 'Array(String)')))
)
