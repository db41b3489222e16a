/* Zipkin v1 JSON to OTLP: zipkin_v1_json.py. What is unusual is left to it, as in zipkin_json.c. */
#include "zipkin_json.h"
#include "zipkin_v1.h"

static void read_note(struct json *json, struct v1_note *note) {
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
        } else if (is_same(name, LITERAL("endpoint"))) {
            member = 4;
            read_endpoint(json, &note->endpoint);
        }
        if (member == 0 || seen & member) give_up(json);
        seen |= member;
    }
    if ((seen & 3) != 3) give_up(json);
}

/* A text, or true. */
static void read_value(struct json *json, struct v1_tag *tag) {
    tag->is_true = json_takes_word(json, LITERAL("true"));
    if (!tag->is_true) tag->value = json_text(json);
}

static void read_tag(struct json *json, struct v1_tag *tag) {
    bool is_first = true, is_plain = true;
    unsigned seen = 0;
    json_expect(json, '{');
    while (json_goes_on(json, '}', &is_first)) {
        struct slice name = json_name(json);
        unsigned member = 0;
        if (is_same(name, LITERAL("key"))) {
            member = 1;
            tag->key = json_text(json);
        } else if (is_same(name, LITERAL("value"))) {
            member = 2;
            read_value(json, tag);
        } else if (is_same(name, LITERAL("endpoint"))) {
            member = 4;
            read_endpoint(json, &tag->endpoint);
        } else if (is_same(name, LITERAL("type"))) {
            member = 8;
            struct slice type = json_text(json);
            is_plain = is_same(type, LITERAL("STRING")) || is_same(type, LITERAL("BOOL"));
        }
        if (member == 0 || seen & member || !is_plain) give_up(json);
        seen |= member;
    }
    if ((seen & 3) != 3) give_up(json);
}

static void read_notes(struct json *json, struct v1_span *v1) {
    bool is_first = true;
    if (json_takes_null(json)) return;
    json_expect(json, '[');
    while (json_goes_on(json, ']', &is_first)) {
        struct v1_note *note = add_v1_note(v1);
        if (note) read_note(json, note);
        else give_up(json);
    }
}

static void read_tags(struct json *json, struct v1_span *v1) {
    bool is_first = true;
    if (json_takes_null(json)) return;
    json_expect(json, '[');
    while (json_goes_on(json, ']', &is_first)) {
        struct v1_tag *tag = add_v1_tag(v1);
        if (tag) read_tag(json, tag);
        else give_up(json);
    }
}

enum member { TRACE_ID, ID, PARENT_ID, NAME, TIMESTAMP, DURATION, ANNOTATIONS, TAGS, DEBUG, MEMBERS };

static unsigned find_member(struct slice name) {
    static const struct slice names[MEMBERS] = {
        LITERAL("traceId"), LITERAL("id"), LITERAL("parentId"), LITERAL("name"), LITERAL("timestamp"),
        LITERAL("duration"), LITERAL("annotations"), LITERAL("binaryAnnotations"), LITERAL("debug")};
    for (unsigned each = 0; each < MEMBERS; each++)
        if (is_same(name, names[each])) return each;
    return MEMBERS;
}

static void read_member(struct json *json, struct zipkin_span *span, struct v1_span *v1, unsigned member) {
    switch (member) {
    case TRACE_ID: read_id(json, span->trace_id, 16); break;
    case ID: read_id(json, span->span_id, 8); break;
    case PARENT_ID: read_parent(json, span); break;
    case NAME: span->name = json_text_or_null(json); break;
    case TIMESTAMP: span->timestamp_us = json_number_or_null(json, MAX_MICROSECONDS); break;
    case DURATION: span->duration_us = json_number_or_null(json, MAX_MICROSECONDS); break;
    case ANNOTATIONS: read_notes(json, v1); break;
    case TAGS: read_tags(json, v1); break;
    case DEBUG: span->is_debug = json_bool_or_null(json); break;
    default: give_up(json);
    }
}

static void read_span(struct json *json, struct span_list *list, void *context) {
    struct v1_span *v1 = context;
    struct zipkin_span *span = add_span(list);
    bool is_first = true;
    uint32_t seen = 0;
    json_expect(json, '{');
    if (span == NULL || has_many_items(list)) give_up(json);
    clear_v1(v1);
    while (json_goes_on(json, '}', &is_first)) {
        unsigned member = find_member(json_name(json));
        if (seen >> member & 1) give_up(json);
        seen |= (uint32_t)1 << member;
        read_member(json, span, v1, member);
    }
    if (!json->is_odd && !(place_v1(list, span, v1) && is_good_span(span))) give_up(json);
}

EXPORT int clew_zipkin_v1_json_to_otlp(const uint8_t *body, size_t length, uint8_t **bytes, size_t *count) {
    struct span_list list = {0};
    struct v1_span v1 = {0};
    bool is_read = read_list(body, length, &list, read_span, &v1);
    free_v1(&v1);
    return finish_list(&list, is_read, bytes, count);
}
