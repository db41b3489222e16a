-- Blocks get other numbers with this. First those that the service graph has, so that its position can be behind them.
/*copy_trace_starts.sql*/
WHERE block <= known.block_number
/*settings_of_copies.sql*/
