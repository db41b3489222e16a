SELECT sum(bytes_on_disk) FROM system.parts WHERE database = 'clew' AND active
