INSERT INTO spans
(
    tenant, received_day, trace_id, ids, trace_state, flags, service, name, kind,
    start_time_unix_nano, duration_ns, status_code, status_message, attributes,
    events.time_unix_nano, events.name, events.attributes, events.dropped_attributes_count,
    links.trace_id, links.span_id, links.trace_state, links.attributes, links.dropped_attributes_count, links.flags,
    dropped_attributes_count, dropped_events_count, dropped_links_count, resource, scope
)
WITH
    attributes -> arrayMap(a -> otlp_attribute(a.1, toString(a.2), a.3), attributes) AS encoded,
    toLowCardinality(toJSONString((
        arrayMap(a -> hex(otlp_attribute(a.1, a.2, if(a.2 IN ('array', 'kvlist', 'bytes'), unhex(a.3), a.3))), JSONExtract(old.resource, 1, 'Array(Tuple(String, String, String))')),
        JSONExtract(old.resource, 2, 'UInt32'),
        JSONExtract(old.resource, 3, 'Array(String)'),
        JSONExtract(old.resource, 4, 'String')))) AS new_resource,
    toLowCardinality(toJSONString((
        JSONExtract(old.scope, 1, 'String'),
        JSONExtract(old.scope, 2, 'String'),
        arrayMap(a -> hex(otlp_attribute(a.1, a.2, if(a.2 IN ('array', 'kvlist', 'bytes'), unhex(a.3), a.3))), JSONExtract(old.scope, 3, 'Array(Tuple(String, String, String))')),
        JSONExtract(old.scope, 4, 'UInt32'),
        JSONExtract(old.scope, 5, 'String')))) AS new_scope
SELECT
    tenant, received_day, trace_id, concat(span_id, parent_span_id), trace_state, flags, service, name, kind,
    start_time_unix_nano, duration_ns, status_code, status_message,
    arrayMap((key, kind, value) -> otlp_attribute(key, toString(kind), value), old.attributes.key, old.attributes.kind, old.attributes.value),
    events.time_unix_nano, events.name, arrayMap(a -> encoded(a), events.attributes), events.dropped_attributes_count,
    links.trace_id, links.span_id, links.trace_state, arrayMap(a -> encoded(a), links.attributes),
    links.dropped_attributes_count, links.flags,
    dropped_attributes_count, dropped_events_count, dropped_links_count, new_resource, new_scope
FROM spans_of_first_schema AS old
ORDER BY tenant, intDiv(start_time_unix_nano, 60000000000), trace_id
SETTINGS
    -- The same blocks in the same order under the same token: what was copied before a crash isn't copied twice.
    insert_deduplication_token = 'copy of the spans of the first schema',
    deduplicate_blocks_in_dependent_materialized_views = 1,
    max_threads = 1,
    max_insert_threads = 1,
    max_block_size = 65536,
    max_insert_block_size = 65536,
    min_insert_block_size_rows = 65536,
    min_insert_block_size_bytes = 0,
    max_partitions_per_insert_block = 0,
    optimize_read_in_order = 1
