-- those that the service graph lacks
/*copy_trace_starts.sql*/
WHERE block > known.block_number
/*settings_of_copies.sql*/
