SELECT tenant, trace_id FROM clew.due_traces
