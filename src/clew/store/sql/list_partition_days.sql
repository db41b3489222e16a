SELECT DISTINCT toDate(partition) FROM system.parts WHERE database = 'clew' AND active AND table = {table:String}
