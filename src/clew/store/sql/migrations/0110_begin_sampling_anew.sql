-- Of a trace that was decided about the decision is written down, and stays. What is being removed is gone on with.
INSERT INTO sampling_positions (received_day, block_number, is_removing, generation)
SELECT received_day, 0, is_removing, generation + 1
FROM sampling_positions FINAL
