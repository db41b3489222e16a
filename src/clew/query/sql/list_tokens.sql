SELECT token, sum(cardinality)
FROM mergeTreeTextIndex(clew, spans, /*index*/)
WHERE startsWith(token, unhex({prefix:String}))
    -- of a longer attribute the index has only the beginning: it may pass, and is looked at again
    AND (length(token) >= {token_bytes:UInt32} OR /*test*/)
GROUP BY token
LIMIT {limit:UInt32}
