INSERT INTO logs
(
    tenant, received_day, trace_id, span_id, time_unix_nano, observed_time_unix_nano, severity_number, severity_text,
    event_name, service, body_kind, body, attributes.key, attributes.kind, attributes.value, dropped_attributes_count,
    flags, resource, scope
)
WITH
    value -> multiIf(
        value.value = 'string', value.string_value,
        value.value = 'int', toString(value.int_value),
        value.value = 'bool', if(value.bool_value, 'true', 'false'),
        value.value = 'double', toString(value.double_value),
        value.value = 'array', value.array_value,
        value.value = 'kvlist', value.kvlist_value,
        value.bytes_value) AS text_of,
    value -> if(value.value < 'array', text_of(value), hex(text_of(value))) AS printable_of,
    attributes -> arrayMap(a -> (a.key, a.value.value, printable_of(a.value)), attributes) AS printable_triples_of
SELECT
    {tenant:String}, {received_day:Date}, log.trace_id, log.span_id, log.time_unix_nano, log.observed_time_unix_nano,
    log.severity_number, log.severity_text, log.event_name, service, log.body.value, text_of(log.body),
    log.attributes.key, log.attributes.value.value, arrayMap(value -> text_of(value), log.attributes.value),
    log.dropped_attributes_count, log.flags, resource, scope
FROM
(
    SELECT service, resource, scope, arrayJoin(scope_logs.log_records) AS log
    FROM
    (
        SELECT
            service,
            resource,
            arrayJoin(resource_logs.scope_logs) AS scope_logs,
            toLowCardinality(toJSONString((
                scope_logs.scope.name,
                scope_logs.scope.version,
                printable_triples_of(scope_logs.scope.attributes),
                scope_logs.scope.dropped_attributes_count,
                scope_logs.schema_url))) AS scope
        FROM
        (
            SELECT
                resource_logs,
                toLowCardinality(printable_of(arrayFirst(a -> a.key = 'service.name', resource_logs.resource.attributes).value)) AS service,
                toLowCardinality(toJSONString((
                    printable_triples_of(resource_logs.resource.attributes),
                    resource_logs.resource.dropped_attributes_count,
                    arrayMap(ref -> hex(ref), resource_logs.resource.entity_refs),
                    resource_logs.schema_url))) AS resource
            FROM (SELECT arrayJoin(resource_logs) AS resource_logs FROM file({segment:String}, 'Protobuf', {structure:String}))
        )
    )
)
