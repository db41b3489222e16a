-- The id of a tenant's partition of a day, the same in all tables; before migration 0080 tenants shared that of the day.
SELECT if(count() > 0, partitionId({day:Date}), partitionId({day:Date}, {tenant:String}))
FROM system.parts
WHERE database = 'clew' AND table IN {tables:Array(String)} AND partition_id = partitionId({day:Date})
