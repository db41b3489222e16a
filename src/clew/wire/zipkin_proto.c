/* Zipkin v2 protobuf to OTLP: zipkin_proto.py. Unknown fields, and endpoints that come in pieces, are left to it. */
#include "zipkin_address.h"
#include "zipkin_otlp.h"

#define MAX_SPAN_BYTES (4u << 20)

enum wire_type { VARINT = 0, FIXED64 = 1, DELIMITED = 2 };

/* One field; `number` holds a varint or a fixed64. */
struct proto_field {
    unsigned tag;
    uint64_t number;
    struct slice content;
};

struct proto {
    const uint8_t *at, *end;
    bool is_odd;
};

static bool give_up(struct proto *proto) {
    proto->is_odd = true;
    proto->at = proto->end;
    return false;
}

static uint64_t read_varint(struct proto *proto) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && proto->at < proto->end; shift += 7) {
        uint8_t byte = *proto->at++;
        if (shift == 63 && byte > 1) break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    give_up(proto);
    return 0;
}

static bool next_field(struct proto *proto, struct proto_field *field) {
    if (proto->at == proto->end) return false;
    uint64_t tag = read_varint(proto);
    *field = (struct proto_field){.tag = (unsigned)tag};
    if (proto->is_odd || tag > 127 || tag < 8) return give_up(proto); /* every field here has a tag of one byte */
    switch (tag & 7) {
    case VARINT:
        field->number = read_varint(proto);
        return !proto->is_odd;
    case FIXED64:
        if (proto->end - proto->at < 8) return give_up(proto);
        field->number = load_64(proto->at);
        proto->at += 8;
        return true;
    case DELIMITED:
        field->number = read_varint(proto);
        if (proto->is_odd || field->number > (uint64_t)(proto->end - proto->at)) return give_up(proto);
        field->content = (struct slice){proto->at, (size_t)field->number};
        proto->at += field->number;
        return true;
    default:
        return give_up(proto);
    }
}

#define TAG(number, wire_type) ((number) << 3 | (wire_type))

static struct proto proto_of(struct slice content) { return (struct proto){content.at, content.at + content.length, false}; }

static bool set_text(struct slice *to, struct slice content) {
    *to = content;
    return is_text(content);
}

static bool read_endpoint(struct slice content, struct endpoint *end, struct address_room *room) {
    struct proto proto = proto_of(content);
    struct proto_field field;
    unsigned seen = 0;
    while (next_field(&proto, &field)) {
        bool is_good = (seen >> (field.tag >> 3) & 1) == 0;
        seen |= 1u << (field.tag >> 3);
        switch (field.tag) {
        case TAG(1, DELIMITED): is_good &= set_text(&end->service, field.content); break;
        case TAG(2, DELIMITED): is_good &= set_address(&end->ipv4, field.content, 4, room); break;
        case TAG(3, DELIMITED): is_good &= set_address(&end->ipv6, field.content, 16, room); break;
        case TAG(4, VARINT):
            is_good &= field.number <= UINT16_MAX;
            end->port = (uint32_t)field.number;
            break;
        default: is_good = false;
        }
        if (!is_good) return false;
    }
    return !proto.is_odd;
}

static bool read_note(struct slice content, struct note *note) {
    struct proto proto = proto_of(content);
    struct proto_field field;
    while (next_field(&proto, &field)) {
        if (field.tag == TAG(1, FIXED64)) note->timestamp_us = field.number;
        else if (field.tag != TAG(2, DELIMITED) || !set_text(&note->value, field.content)) return false;
    }
    return !proto.is_odd && note->timestamp_us <= MAX_MICROSECONDS;
}

static bool read_tag(struct slice content, struct span_list *list, struct zipkin_span *span) {
    struct proto proto = proto_of(content);
    struct proto_field field;
    struct slice key = {0}, value = {0};
    while (next_field(&proto, &field)) {
        if (field.tag == TAG(1, DELIMITED)) key = field.content;
        else if (field.tag == TAG(2, DELIMITED)) value = field.content;
        else return false;
        if (!is_text(field.content)) return false;
    }
    struct tag *tag = proto.is_odd ? NULL : add_tag(list, span, key);
    if (tag) tag->value = value;
    return tag != NULL;
}

static bool set_trace_id(uint8_t *id, struct slice content) {
    return (content.length == 8 || content.length == 16) && set_id(id, 16, content);
}

static bool set_span_id(uint8_t *id, struct slice content) { return content.length == 8 && set_id(id, 8, content); }

static bool set_kind(struct zipkin_span *span, uint64_t number) {
    static const unsigned kinds[] = {UNSPECIFIED, CLIENT, SERVER, PRODUCER, CONSUMER};
    if (number > 4) return false;
    span->kind = kinds[number];
    return true;
}

static bool set_parent(struct zipkin_span *span, struct slice content) {
    span->has_parent = content.length != 0;
    memset(span->parent_id, 0, 8);
    return content.length == 0 || set_span_id(span->parent_id, content);
}

static bool read_once(unsigned *seen, unsigned bit) {
    bool is_first = (*seen & bit) == 0;
    *seen |= bit;
    return is_first;
}

static bool take_note(struct span_list *list, struct zipkin_span *span, struct slice content) {
    struct note *note = add_note(list, span);
    return note && read_note(content, note);
}

static bool take_field(struct span_list *list, struct zipkin_span *span, const struct proto_field *field,
                       struct address_room *room, unsigned *seen) {
    switch (field->tag) {
    case TAG(1, DELIMITED): return set_trace_id(span->trace_id, field->content);
    case TAG(2, DELIMITED): return set_parent(span, field->content);
    case TAG(3, DELIMITED): return set_span_id(span->span_id, field->content);
    case TAG(4, VARINT): return set_kind(span, field->number);
    case TAG(5, DELIMITED): return set_text(&span->name, field->content);
    case TAG(6, FIXED64): span->timestamp_us = field->number; return true;
    case TAG(7, VARINT): span->duration_us = field->number; return true;
    case TAG(8, DELIMITED): return read_once(seen, 1) && read_endpoint(field->content, &span->local, room);
    case TAG(9, DELIMITED): return read_once(seen, 2) && read_endpoint(field->content, &span->remote, room);
    case TAG(10, DELIMITED): return take_note(list, span, field->content);
    case TAG(11, DELIMITED): return read_tag(field->content, list, span);
    case TAG(12, VARINT): span->is_debug = field->number != 0; return true;
    case TAG(13, VARINT): span->is_shared = field->number != 0; return true;
    default: return false;
    }
}

static bool read_span(struct slice content, struct span_list *list, struct address_room *room) {
    struct proto proto = proto_of(content);
    struct proto_field field;
    unsigned seen = 0;
    struct zipkin_span *span = content.length > MAX_SPAN_BYTES ? NULL : add_span(list);
    if (span == NULL) return false;
    while (next_field(&proto, &field))
        if (!take_field(list, span, &field, room, &seen)) return false;
    return !proto.is_odd && is_good_span(span) && !has_many_items(list);
}

EXPORT int clew_zipkin_proto_to_otlp(const uint8_t *body, size_t length, uint8_t **bytes, size_t *count) {
    struct span_list list = {.texts = make_address_room(length)};
    struct proto proto = {body, body + length, false};
    struct address_room room = {.at = list.texts};
    struct proto_field field;
    bool is_good = list.texts != NULL;
    while (is_good && next_field(&proto, &field))
        is_good = field.tag == TAG(1, DELIMITED) && read_span(field.content, &list, &room);
    return finish_list(&list, is_good && !proto.is_odd, bytes, count);
}
