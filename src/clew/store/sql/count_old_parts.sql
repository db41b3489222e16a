SELECT count() FROM system.parts WHERE database = 'clew' AND NOT active AND table IN {tables:Array(String)}
