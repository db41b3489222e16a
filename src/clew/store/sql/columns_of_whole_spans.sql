-- what decode.py reads, in its order
trace_id, span_id, parent_span_id, trace_state, flags, name, kind, start_time_unix_nano, duration_ns,
status_code, status_message, attributes,
events.time_unix_nano, events.name, events.attributes, events.dropped_attributes_count,
links.trace_id, links.span_id, links.trace_state, links.attributes, links.dropped_attributes_count, links.flags,
dropped_attributes_count, dropped_events_count, dropped_links_count, resource, scope
