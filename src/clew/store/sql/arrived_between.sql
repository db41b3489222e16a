-- Whole parts are left out by their name, partition_first_last_level, in which `first` and `last` are blocks.
received_day = {day:Date}
AND toInt64(splitByChar('_', _part)[2]) <= {upto:Int64}
AND toInt64(splitByChar('_', _part)[3]) > {after:Int64}
AND _block_number > {after:Int64}
AND _block_number <= {upto:Int64}
