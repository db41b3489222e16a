/* Zipkin v2 JSON to OTLP: zipkin_json.py. Unknown members, values of unusual types and repeated members are left to it. */
#include "zipkin_json.h"

static void read_note(struct json *json, struct note *note) {
    bool is_first = true;
    unsigned seen = 0;
    json_expect(json, '{');
    while (json_goes_on(json, '}', &is_first)) {
        struct slice name = json_name(json);
        unsigned member = 0;
        if (is_same(name, LITERAL("timestamp"))) {
            member = 1;
            note->timestamp_us = json_number(json, MAX_MICROSECONDS);
        } else if (is_same(name, LITERAL("value"))) {
            member = 2;
            note->value = json_text(json);
        }
        if (member == 0 || seen & member) give_up(json);
        seen |= member;
    }
    if (seen != 3) give_up(json);
}

static void read_notes(struct json *json, struct span_list *list, struct zipkin_span *span) {
    bool is_first = true;
    if (json_takes_null(json)) return;
    json_expect(json, '[');
    while (json_goes_on(json, ']', &is_first)) {
        struct note *note = add_note(list, span);
        if (note) read_note(json, note);
        else give_up(json);
    }
}

static void read_tags(struct json *json, struct span_list *list, struct zipkin_span *span) {
    bool is_first = true;
    if (json_takes_null(json)) return;
    json_expect(json, '{');
    while (json_goes_on(json, '}', &is_first)) {
        struct tag *tag = add_tag(list, span, json_name(json));
        if (tag) tag->value = json_text(json);
        else give_up(json);
    }
}

static unsigned read_kind(struct json *json) {
    static const struct slice names[] = {LITERAL("CLIENT"), LITERAL("SERVER"), LITERAL("PRODUCER"), LITERAL("CONSUMER")};
    static const unsigned kinds[] = {CLIENT, SERVER, PRODUCER, CONSUMER};
    if (json_takes_null(json)) return UNSPECIFIED;
    struct slice name = json_text(json);
    for (unsigned each = 0; each < 4; each++)
        if (is_same(name, names[each])) return kinds[each];
    give_up(json);
    return UNSPECIFIED;
}

enum member {
    TRACE_ID, ID, PARENT_ID, KIND, NAME, TIMESTAMP, DURATION, LOCAL, REMOTE, ANNOTATIONS, TAGS, DEBUG, SHARED, MEMBERS
};

static unsigned find_member(struct slice name) {
    static const struct slice names[MEMBERS] = {
        LITERAL("traceId"), LITERAL("id"), LITERAL("parentId"), LITERAL("kind"), LITERAL("name"), LITERAL("timestamp"),
        LITERAL("duration"), LITERAL("localEndpoint"), LITERAL("remoteEndpoint"), LITERAL("annotations"),
        LITERAL("tags"), LITERAL("debug"), LITERAL("shared")};
    for (unsigned each = 0; each < MEMBERS; each++)
        if (is_same(name, names[each])) return each;
    return MEMBERS;
}

static void read_member(struct json *json, struct span_list *list, struct zipkin_span *span, unsigned member) {
    switch (member) {
    case TRACE_ID: read_id(json, span->trace_id, 16); break;
    case ID: read_id(json, span->span_id, 8); break;
    case PARENT_ID: read_parent(json, span); break;
    case KIND: span->kind = read_kind(json); break;
    case NAME: span->name = json_text_or_null(json); break;
    case TIMESTAMP: span->timestamp_us = json_number_or_null(json, MAX_MICROSECONDS); break;
    case DURATION: span->duration_us = json_number_or_null(json, MAX_MICROSECONDS); break;
    case LOCAL: read_endpoint(json, &span->local); break;
    case REMOTE: read_endpoint(json, &span->remote); break;
    case ANNOTATIONS: read_notes(json, list, span); break;
    case TAGS: read_tags(json, list, span); break;
    case DEBUG: span->is_debug = json_bool_or_null(json); break;
    case SHARED: span->is_shared = json_bool_or_null(json); break;
    default: give_up(json);
    }
}

static void read_span(struct json *json, struct span_list *list, void *context) {
    (void)context;
    struct zipkin_span *span = add_span(list);
    bool is_first = true;
    uint32_t seen = 0;
    json_expect(json, '{');
    if (span == NULL || has_many_items(list)) give_up(json);
    while (json_goes_on(json, '}', &is_first)) {
        unsigned member = find_member(json_name(json));
        if (seen >> member & 1) give_up(json);
        seen |= (uint32_t)1 << member;
        read_member(json, list, span, member);
    }
    if (!json->is_odd && !is_good_span(span)) give_up(json);
}

EXPORT int clew_zipkin_json_to_otlp(const uint8_t *body, size_t length, uint8_t **bytes, size_t *count) {
    struct span_list list = {0};
    bool is_read = read_list(body, length, &list, read_span, NULL);
    return finish_list(&list, is_read, bytes, count);
}
