INSERT INTO logs
(
    tenant, received_day, trace_id, span_id, time_unix_nano, observed_time_unix_nano, severity_number, severity_text,
    event_name, service, body, attributes, dropped_attributes_count, flags, resource, scope
)
SELECT
    {tenant:String}, {received_day:Date}, log.trace_id, log.span_id, log.time_unix_nano, log.observed_time_unix_nano,
    log.severity_number, log.severity_text, log.event_name, service, log.body, log.attributes,
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
                arrayMap(a -> hex(a), scope_logs.scope.attributes),
                scope_logs.scope.dropped_attributes_count,
                scope_logs.schema_url))) AS scope
        FROM
        (
            SELECT
                resource_logs,
                toLowCardinality(otlp_service_name(resource_logs.resource.attributes)) AS service,
                toLowCardinality(toJSONString((
                    arrayMap(a -> hex(a), resource_logs.resource.attributes),
                    resource_logs.resource.dropped_attributes_count,
                    arrayMap(ref -> hex(ref), resource_logs.resource.entity_refs),
                    resource_logs.schema_url))) AS resource
            FROM (SELECT arrayJoin(resource_logs) AS resource_logs FROM file({segment:String}, 'Protobuf', {structure:String}))
        )
    )
)
