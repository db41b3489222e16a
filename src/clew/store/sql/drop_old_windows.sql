ALTER TABLE clew./*table*/ DELETE WHERE window < {first_window:UInt32}
