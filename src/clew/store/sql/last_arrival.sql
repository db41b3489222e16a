SELECT max(max_block_number) FROM system.parts WHERE database = 'clew' AND table = 'trace_starts' AND active
