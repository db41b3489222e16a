/* Zipkin v1 thrift to OTLP: zipkin_thrift.py. Unknown and repeated fields, and values that aren't text, are left to it. */
#include "zipkin_address.h"
#include "zipkin_v1.h"

enum type { STOP = 0, BOOL = 2, I16 = 6, I32 = 8, I64 = 10, BINARY = 11, STRUCT = 12, LIST = 15 };

struct source {
    const uint8_t *at, *end;
    bool is_odd;
    uint32_t values; /* as thrift_read.py counts them */
    struct address_room room;
};

static bool give_up(struct source *in) {
    in->is_odd = true;
    in->at = in->end;
    return false;
}

/* A number of so many bytes, big-endian. */
static uint64_t read_number(struct source *in, unsigned bytes) {
    uint64_t value = 0;
    if ((size_t)(in->end - in->at) < bytes) return give_up(in);
    for (unsigned each = 0; each < bytes; each++) value = value << 8 | *in->at++;
    return value;
}

static struct slice read_binary(struct source *in) {
    uint64_t length = read_number(in, 4);
    struct slice found = {in->at, (size_t)length};
    if (in->is_odd || length > (uint64_t)(in->end - in->at)) return give_up(in), (struct slice){0};
    in->at += length;
    return found;
}

static struct slice read_text(struct source *in) {
    struct slice text = read_binary(in);
    if (!is_text(text)) give_up(in);
    return text;
}

static uint64_t read_microseconds(struct source *in) {
    uint64_t value = read_number(in, 8);
    if (value > MAX_MICROSECONDS) give_up(in);
    return value;
}

/* Type and number of the next field, as one number; 0 at the end of the struct. */
#define FIELD(type, number) ((unsigned)(type) << 16 | (number))

static unsigned next_field(struct source *in, uint32_t *seen) {
    unsigned type = (unsigned)read_number(in, 1);
    if (in->is_odd || type == STOP) return 0;
    unsigned number = (unsigned)read_number(in, 2);
    if (number > 31 || *seen >> number & 1) return give_up(in);
    *seen |= (uint32_t)1 << number;
    return FIELD(type, number);
}

static void count_value(struct source *in, uint32_t values) {
    in->values += values;
    if (in->values > MAX_ITEMS) give_up(in);
}

static void read_ipv4(struct source *in, struct endpoint *end) {
    struct slice bytes = {in->at, 4};
    if (read_number(in, 4) && !set_address(&end->ipv4, bytes, 4, &in->room)) give_up(in);
}

static void read_endpoint(struct source *in, struct endpoint *end) {
    uint32_t seen = 0;
    unsigned field;
    count_value(in, 1);
    while ((field = next_field(in, &seen))) {
        if (field == FIELD(I32, 1)) read_ipv4(in, end);
        else if (field == FIELD(I16, 2)) end->port = (uint32_t)read_number(in, 2);
        else if (field == FIELD(BINARY, 3)) end->service = read_text(in);
        else if (field != FIELD(BINARY, 4) || !set_address(&end->ipv6, read_binary(in), 16, &in->room)) give_up(in);
    }
}

static void read_note(struct source *in, struct v1_note *note) {
    uint32_t seen = 0;
    unsigned field;
    while ((field = next_field(in, &seen))) {
        if (field == FIELD(I64, 1)) note->timestamp_us = read_microseconds(in);
        else if (field == FIELD(BINARY, 2)) note->value = read_text(in);
        else if (field == FIELD(STRUCT, 3)) read_endpoint(in, &note->endpoint);
        else give_up(in);
    }
}

enum annotation_type { ANNOTATION_BOOL = 0, ANNOTATION_STRING = 6 };

static void read_tag(struct source *in, struct v1_tag *tag) {
    uint32_t seen = 0;
    uint64_t type = UINT64_MAX;
    unsigned field;
    while ((field = next_field(in, &seen))) {
        if (field == FIELD(BINARY, 1)) tag->key = read_text(in);
        else if (field == FIELD(BINARY, 2)) tag->value = read_text(in);
        else if (field == FIELD(I32, 3)) type = read_number(in, 4);
        else if (field == FIELD(STRUCT, 4)) read_endpoint(in, &tag->endpoint);
        else give_up(in);
    }
    tag->is_true = type == ANNOTATION_BOOL && is_same(tag->value, LITERAL("\1"));
    if (type != ANNOTATION_STRING && !tag->is_true) give_up(in);
}

static uint64_t read_list_header(struct source *in) {
    unsigned type = (unsigned)read_number(in, 1);
    uint64_t count = read_number(in, 4);
    if (count && type != STRUCT) give_up(in);
    return count;
}

static void read_notes(struct source *in, struct v1_span *v1) {
    for (uint64_t left = read_list_header(in); left && !in->is_odd; left--) {
        struct v1_note *note = add_v1_note(v1);
        count_value(in, 2);
        if (note) read_note(in, note);
        else give_up(in);
    }
}

static void read_tags(struct source *in, struct v1_span *v1) {
    for (uint64_t left = read_list_header(in); left && !in->is_odd; left--) {
        struct v1_tag *tag = add_v1_tag(v1);
        count_value(in, 2);
        if (tag) read_tag(in, tag);
        else give_up(in);
    }
}

static void read_id(struct source *in, uint8_t *id) {
    if (in->end - in->at >= 8) memcpy(id, in->at, 8);
    read_number(in, 8);
}

static void read_field(struct source *in, struct zipkin_span *span, struct v1_span *v1, unsigned field) {
    switch (field) {
    case FIELD(I64, 1): read_id(in, span->trace_id + 8); break;
    case FIELD(BINARY, 3): span->name = read_text(in); break;
    case FIELD(I64, 4): read_id(in, span->span_id); break;
    case FIELD(I64, 5):
        read_id(in, span->parent_id);
        span->has_parent = true;
        break;
    case FIELD(LIST, 6): read_notes(in, v1); break;
    case FIELD(LIST, 8): read_tags(in, v1); break;
    case FIELD(BOOL, 9): span->is_debug = read_number(in, 1) != 0; break;
    case FIELD(I64, 10): span->timestamp_us = read_microseconds(in); break;
    case FIELD(I64, 11): span->duration_us = read_microseconds(in); break;
    case FIELD(I64, 12): read_id(in, span->trace_id); break;
    default: give_up(in);
    }
}

static bool read_span(struct source *in, struct span_list *list, struct v1_span *v1) {
    struct zipkin_span *span = add_span(list);
    uint32_t seen = 0;
    unsigned field;
    if (span == NULL) return false;
    clear_v1(v1);
    count_value(in, 1);
    while ((field = next_field(in, &seen))) read_field(in, span, v1, field);
    return !in->is_odd && place_v1(list, span, v1) && is_good_span(span);
}

EXPORT int clew_zipkin_thrift_to_otlp(const uint8_t *body, size_t length, uint8_t **bytes, size_t *count) {
    struct span_list list = {.texts = make_address_room(length)};
    struct source in = {body, body + length, false, 0, {.at = list.texts}};
    struct v1_span v1 = {0};
    bool is_good = list.texts != NULL;
    if (length)
        for (uint64_t left = read_list_header(&in); is_good && left; left--) is_good = read_span(&in, &list, &v1);
    free_v1(&v1);
    return finish_list(&list, is_good && !in.is_odd && in.at == in.end, bytes, count);
}
