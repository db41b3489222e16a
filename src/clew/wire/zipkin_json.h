/* What the lists of Zipkin v1 and v2 in JSON have in common: the list, ids and endpoints. */
#ifndef CLEW_ZIPKIN_JSON_H
#define CLEW_ZIPKIN_JSON_H

#include "json_text.h"
#include "zipkin_otlp.h"

static inline void read_endpoint(struct json *json, struct endpoint *end) {
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

/* Up to `length` bytes in hex, padded on the left. */
static inline void read_id(struct json *json, uint8_t *id, size_t length) {
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

static inline void read_parent(struct json *json, struct zipkin_span *span) {
    if (json_takes_null(json)) return;
    span->has_parent = true;
    read_id(json, span->parent_id, 8);
}

/* Python counts them before it reads, wherever they are. */
static inline bool has_many_objects(const uint8_t *body, size_t length) {
    size_t count = 0;
    if (length <= MAX_ITEMS) return false;
    for (size_t each = 0; each < length; each++) count += body[each] == '{';
    return count > MAX_ITEMS;
}

/* A body of spans, each read by `read_span`; no bytes are a list without any. False: don't know. */
static inline bool read_list(const uint8_t *body, size_t length, struct span_list *list,
                             void (*read_span)(struct json *, struct span_list *, void *), void *context) {
    struct json json = {body, body + length, false, &list->texts, &list->text_length, length};
    bool is_first = true;
    if (length == 0) return true;
    if (has_many_objects(body, length) || !is_utf8(body, length)) return false;
    json_expect(&json, '[');
    while (json_goes_on(&json, ']', &is_first)) read_span(&json, list, context);
    skip_space(&json);
    return !json.is_odd && json.at == json.end;
}

#endif
