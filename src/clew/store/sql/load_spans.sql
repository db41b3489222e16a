INSERT INTO spans
(
    tenant, received_day, trace_id, span_id, parent_span_id, trace_state, flags, service, name, kind,
    start_time_unix_nano, duration_ns, status_code, status_message,
    attributes.key, attributes.kind, attributes.value,
    events.time_unix_nano, events.name, events.attributes, events.dropped_attributes_count,
    links.trace_id, links.span_id, links.trace_state, links.attributes, links.dropped_attributes_count, links.flags,
    dropped_attributes_count, dropped_events_count, dropped_links_count, resource, scope
)
WITH
    -- a value as text: what a person would type to find it; arrays, lists and bytes stay protobuf bytes
    value -> multiIf(
        value.value = 'string', value.string_value,
        value.value = 'int', toString(value.int_value),
        value.value = 'bool', if(value.bool_value, 'true', 'false'),
        value.value = 'double', toString(value.double_value),
        value.value = 'array', value.array_value,
        value.value = 'kvlist', value.kvlist_value,
        value.bytes_value) AS text_of,
    -- the same where it must be valid UTF-8: bytes in hexadecimal
    value -> if(value.value < 'array', text_of(value), hex(text_of(value))) AS printable_of,
    attributes -> arrayMap(a -> (a.key, a.value.value, text_of(a.value)), attributes) AS triples_of,
    attributes -> arrayMap(a -> (a.key, a.value.value, printable_of(a.value)), attributes) AS printable_triples_of
SELECT
    {tenant:String}, {received_day:Date}, span.trace_id, span.span_id, span.parent_span_id, span.trace_state,
    span.flags, service, span.name, span.kind,
    span.start_time_unix_nano, reinterpretAsInt64(span.end_time_unix_nano - span.start_time_unix_nano),
    span.status.code, span.status.message,
    span.attributes.key, span.attributes.value.value, arrayMap(value -> text_of(value), span.attributes.value),
    span.events.time_unix_nano, span.events.name,
    arrayMap(attributes -> triples_of(attributes), span.events.attributes), span.events.dropped_attributes_count,
    span.links.trace_id, span.links.span_id, span.links.trace_state,
    arrayMap(attributes -> triples_of(attributes), span.links.attributes), span.links.dropped_attributes_count,
    span.links.flags,
    span.dropped_attributes_count, span.dropped_events_count, span.dropped_links_count, resource, scope
FROM
(
    SELECT service, resource, scope, arrayJoin(scope_spans.spans) AS span
    FROM
    (
        SELECT
            service,
            resource,
            arrayJoin(resource_spans.scope_spans) AS scope_spans,
            toLowCardinality(toJSONString((
                scope_spans.scope.name,
                scope_spans.scope.version,
                printable_triples_of(scope_spans.scope.attributes),
                scope_spans.scope.dropped_attributes_count,
                scope_spans.schema_url))) AS scope
        FROM
        (
            SELECT
                resource_spans,
                toLowCardinality(printable_of(arrayFirst(a -> a.key = 'service.name', resource_spans.resource.attributes).value)) AS service,
                toLowCardinality(toJSONString((
                    printable_triples_of(resource_spans.resource.attributes),
                    resource_spans.resource.dropped_attributes_count,
                    arrayMap(ref -> hex(ref), resource_spans.resource.entity_refs),
                    resource_spans.schema_url))) AS resource
            FROM (SELECT arrayJoin(resource_spans) AS resource_spans FROM file({segment:String}, 'Protobuf', {structure:String}))
        )
    )
)
