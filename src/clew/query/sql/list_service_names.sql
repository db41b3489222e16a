SELECT DISTINCT attribute
FROM
(
    SELECT arrayJoin(JSONExtract(resource, 1, 'Array(String)')) AS attribute
    FROM clew.origins
    WHERE tenant = {tenant:String}
)
WHERE has({attributes:Array(String)}, attribute)
