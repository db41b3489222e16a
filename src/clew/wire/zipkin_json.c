/* Zipkin v2 JSON to OTLP: zipkin_json.py. Unknown members, values of unusual types and repeated members are left to it. */
#include "json_text.h"
#include "zipkin_otlp.h"

static void read_endpoint(struct json *json, struct endpoint *end) {
    bool is_first = true;
    unsigned seen = 0;
    if (json_takes_null(json)) return;
    json_expect(json, '{');
    while (json_goes_on(json, '}', &is_first)) {
        struct slice name = json_name(json);
        unsigned member = 0;
        if (is_same(name, LITERAL("serviceName"))) {
            member = 1;
            end->service = json_text_or_null(json);
        } else if (is_same(name, LITERAL("ipv4"))) {
            member = 2;
            end->ipv4 = json_text_or_null(json);
        } else if (is_same(name, LITERAL("ipv6"))) {
            member = 4;
            end->ipv6 = json_text_or_null(json);
        } else if (is_same(name, LITERAL("port"))) {
            member = 8;
            end->port = (uint32_t)json_number_or_null(json, UINT16_MAX);
        }
        if (member == 0 || seen & member) give_up(json);
        seen |= member;
    }
}

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

/* Up to `length` bytes in hex, padded on the left. */
static void read_id(struct json *json, uint8_t *id, size_t length) {
    struct slice text = json_text(json);
    if (text.length == 0 || text.length > 2 * length) {
        give_up(json);
        return;
    }
    memset(id, 0, length);
    for (size_t each = 0; each < text.length; each++) {
        size_t place = 2 * length - text.length + each;
        unsigned digit = hex_digit(text.at[each]);
        if (digit > 15) give_up(json);
        id[place / 2] |= (uint8_t)(digit << (place % 2 ? 0 : 4));
    }
}

static void read_parent(struct json *json, struct zipkin_span *span) {
    if (json_takes_null(json)) return;
    span->has_parent = true;
    read_id(json, span->parent_id, 8);
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

static void read_span(struct json *json, struct span_list *list) {
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

/* Python counts them before it reads, wherever they are. */
static bool has_many_objects(const uint8_t *body, size_t length) {
    size_t count = 0;
    if (length <= MAX_ITEMS) return false;
    for (size_t each = 0; each < length; each++) count += body[each] == '{';
    return count > MAX_ITEMS;
}

EXPORT int clew_zipkin_json_to_otlp(const uint8_t *body, size_t length, uint8_t **bytes, size_t *count) {
    struct span_list list = {0};
    struct json json = {body, body + length, false, &list.texts, &list.text_length, length};
    bool is_first = true;
    if (length && (has_many_objects(body, length) || !is_utf8(body, length))) return 0;
    if (length) {
        json_expect(&json, '[');
        while (json_goes_on(&json, ']', &is_first)) read_span(&json, &list);
        skip_space(&json);
        if (json.at != json.end) give_up(&json);
    }
    return finish_list(&list, !json.is_odd, bytes, count);
}
