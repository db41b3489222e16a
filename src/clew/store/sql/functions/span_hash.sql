-- 64 bits that stand for a whole span: its ids and times may also be those of another one, sent twice and changed on the way
CREATE OR REPLACE FUNCTION span_hash AS (
    trace_id, ids, start, duration, service, name, kind, flags, trace_state, status_code, status_message, attributes,
    event_times, event_names, event_attributes, link_traces, link_spans, link_attributes, resource, scope
) ->
    sipHash64(trace_id, ids, start, duration, service, name, kind, flags, trace_state, status_code, status_message, attributes,
        event_times, event_names, event_attributes, link_traces, link_spans, link_attributes, resource, scope)
