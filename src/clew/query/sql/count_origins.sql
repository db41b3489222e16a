SELECT /*counts*/
FROM
(
    SELECT
        arrayMap(a -> unhex(a), JSONExtract(resource, 1, 'Array(String)')) AS in_resource,
        arrayMap(a -> unhex(a), JSONExtract(scope, 3, 'Array(String)')) AS in_scope
    FROM clew.origins
    WHERE tenant = {tenant:String}
)
