KILL QUERY WHERE startsWith(query, {tag:String}) ASYNC
