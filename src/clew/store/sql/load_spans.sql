INSERT INTO spans
(
    tenant, received_day, trace_id, ids, trace_state, flags, service, name, kind,
    start_time_unix_nano, duration_ns, status_code, status_message, attributes,
    events.time_unix_nano, events.name, events.attributes, events.dropped_attributes_count,
    links.trace_id, links.span_id, links.trace_state, links.attributes, links.dropped_attributes_count, links.flags,
    dropped_attributes_count, dropped_events_count, dropped_links_count, resource, scope
)
SELECT
    {tenant:String}, {received_day:Date}, span.trace_id, concat(span.span_id, span.parent_span_id), span.trace_state,
    span.flags, service, span.name, span.kind,
    span.start_time_unix_nano, reinterpretAsInt64(span.end_time_unix_nano - span.start_time_unix_nano),
    span.status.code, span.status.message, span.attributes,
    span.events.time_unix_nano, span.events.name, span.events.attributes, span.events.dropped_attributes_count,
    span.links.trace_id, span.links.span_id, span.links.trace_state, span.links.attributes,
    span.links.dropped_attributes_count, span.links.flags,
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
                arrayMap(a -> hex(a), scope_spans.scope.attributes),
                scope_spans.scope.dropped_attributes_count,
                scope_spans.schema_url))) AS scope
        FROM
        (
            SELECT
                resource_spans,
                toLowCardinality(otlp_service_name(resource_spans.resource.attributes)) AS service,
                toLowCardinality(toJSONString((
                    arrayMap(a -> hex(a), resource_spans.resource.attributes),
                    resource_spans.resource.dropped_attributes_count,
                    arrayMap(ref -> hex(ref), resource_spans.resource.entity_refs),
                    resource_spans.schema_url))) AS resource
            FROM (SELECT arrayJoin(resource_spans) AS resource_spans FROM file({segment:String}, 'Protobuf', {structure:String}))
        )
    )
)
