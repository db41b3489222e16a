-- one row for each trace that is due, judged as a whole, with what was received on other days
SELECT
    summaries.tenant AS tenant,
    summaries.trace_id AS trace_id,
    root_service AS service,
    spans_of_trace AS span_count,
    errors_of_trace AS error_count,
    is_pinned OR has_expired OR is_over_budget OR decided_rule != '' OR {sampled:Bool} = 0 AS is_settled,
    arrayFirstIndex(
        (kind, number, of_service, place) -> (of_service = '' OR has(all_services, of_service)) AND multiIf(
            kind = 'errors', errors_of_trace > 0,
            kind = 'slow', root_rank >= number,
            kind = 'rare', (spans_of_root > 0 AND spans_of_root < number) OR traces_of_services < number,
            kind = 'attribute', has(attribute_rules, place),
            0),
        {rule_kinds:Array(String)}, {rule_numbers:Array(Float64)}, {rule_services:Array(String)},
        arrayEnumerate({rule_kinds:Array(String)})) AS matched,
    if(has({share_services:Array(String)}, root_service),
        arrayElement({shares:Array(Float64)}, indexOf({share_services:Array(String)}, root_service)),
        {share:Float64}) AS share,
    multiIf(
        is_pinned, 'pinned',
        has_expired, 'age',
        is_over_budget, 'disk budget',
        decided_rule != '', decided_rule,
        {sampled:Bool} = 0, 'within max_age',
        matched > 0, arrayElement({rule_names:Array(String)}, matched),
        'the rest') AS rule,
    multiIf(
        is_pinned, 1,
        has_expired OR is_over_budget, 0,
        decided_rule != '', decided_weight,
        {sampled:Bool} = 0 OR matched > 0, 1,
        -- by the id alone, so that whoever asks again, and whoever asks elsewhere, gets the same answer
        sipHash64(summaries.trace_id) / 18446744073709551616 < share, 1 / share,
        0) AS weight,
    NOT is_settled AS is_new
FROM
(
    SELECT
        tenant, trace_id, root_service, spans_of_trace, errors_of_trace, all_services, root_rank, spans_of_root, traces_of_services,
        attribute_rules, decided_rule, decided_weight,
        (tenant, trace_id) IN (SELECT tenant, trace_id FROM clew.pins FINAL WHERE is_pinned) AS is_pinned,
        -- the longest of its services' ages, and of that for errors
        last_day < arrayMin(arrayConcat(
            arrayMap(each -> if(has({services:Array(String)}, each),
                arrayElement({service_days:Array(Date)}, indexOf({services:Array(String)}, each)), {first_day:Date}), all_services),
            if(errors_of_trace > 0, [{first_error_day:Date}], []))) AS has_expired,
        last_day < if(errors_of_trace > 0, {budget_error_day:Date}, {budget_day:Date}) AS is_over_budget
    FROM
    (
        SELECT
            *,
            count() OVER (PARTITION BY tenant, services_hash) AS traces_of_services
        FROM
        (
            SELECT
                tenant,
                trace_id,
                max(received_day) AS last_day,
                min(traces.root) AS root,
                root.service AS root_service,
                root.name AS root_name,
                sum(traces.span_count) AS spans_of_trace,
                sum(traces.error_count) AS errors_of_trace,
                arraySort(groupUniqArrayArray(traces.services)) AS all_services,
                sipHash64(all_services) AS services_hash
            FROM clew.traces
            WHERE received_day >= {first_received_day:Date} AND (tenant, trace_id) IN (/* due traces */)
            GROUP BY tenant, trace_id
        )
    ) AS summary
    LEFT JOIN
    (
        -- every span of the root's operation that was received on the day so far, kept or not
        SELECT tenant, toString(operation_minutes.service) AS root_service, name AS root_name, sum(operation_minutes.span_count) AS spans_of_root
        FROM clew.operation_minutes
        WHERE received_day = {day:Date} AND {sampled:Bool}
        GROUP BY tenant, root_service, root_name
    ) AS root_operations USING (tenant, root_service, root_name)
    LEFT JOIN
    (
        -- which share of its operation's spans of the day were in a lower bucket of durations than the root
        SELECT
            tenant,
            trace_id,
            max(arraySum((bucket, counted) -> if(bucket < root_bucket, counted, 0), histogram.1, histogram.2) / arraySum(histogram.2)) AS root_rank
        FROM
        (
            SELECT
                tenant, trace_id, toString(service) AS service, toString(name) AS name,
                if(duration_ns <= 0, toInt16(-1), toInt16(floor(8 * log2(duration_ns)))) AS root_bucket
            FROM clew.spans
            WHERE /* due spans */ AND {sampled:Bool} AND parent_span_id IN ('', unhex('0000000000000000'))
        ) AS root_spans
        INNER JOIN
        (
            SELECT tenant, toString(operation_minutes.service) AS service, name, sumMap(duration_histogram) AS histogram
            FROM clew.operation_minutes
            WHERE received_day = {day:Date} AND {sampled:Bool}
            GROUP BY tenant, service, name
        ) AS operation USING (tenant, service, name)
        GROUP BY tenant, trace_id
    ) AS root_ranks USING (tenant, trace_id)
    LEFT JOIN
    (
        SELECT tenant, trace_id, groupUniqArrayArray(arrayFilter(
            place -> arrayExists(form -> has(attributes, unhex(form)) OR has(JSONExtract(resource, 1, 'Array(String)'), form),
                arrayElement({rule_forms:Array(Array(String))}, place)),
            arrayEnumerate({rule_forms:Array(Array(String))}))) AS attribute_rules
        FROM clew.spans
        WHERE /* due spans */ AND {sampled:Bool} AND notEmpty({rule_forms:Array(Array(String))}) AND (
            hasAny(arrayMap(a -> substring(a, 1, 128), attributes),
                arrayMap(form -> substring(unhex(form), 1, 128), arrayFlatten({rule_forms:Array(Array(String))})))
            OR hasAny(JSONExtract(resource, 1, 'Array(String)'), arrayFlatten({rule_forms:Array(Array(String))})))
        GROUP BY tenant, trace_id
    ) AS attribute_matches USING (tenant, trace_id)
    LEFT JOIN
    (
        SELECT tenant, trace_id, any(toString(trace_weights.rule)) AS decided_rule, any(trace_weights.weight) AS decided_weight
        FROM clew.trace_weights
        WHERE decided_day >= {first_received_day:Date} AND (tenant, trace_id) IN (/* due traces */)
        GROUP BY tenant, trace_id
    ) AS decisions USING (tenant, trace_id)
) AS summaries
