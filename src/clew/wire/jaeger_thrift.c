/* Jaeger's Thrift as OTLP: the ordinary bodies of jaeger_thrift.py, in both protocols. All others are "don't know". */
#include "jaeger_map.h"

/* The types of the binary protocol; those of the compact one are turned into them. */
enum type {
    STOP = 0, BOOL = 2, I8 = 3, DOUBLE = 4, I16 = 6, I32 = 8, I64 = 10, BINARY = 11, STRUCT = 12, MAP = 13, SET = 14,
    LIST = 15, UUID = 16, NO_TYPE = 255
};

static const uint8_t OF_COMPACT[16] = {STOP, BOOL, BOOL,   I8,   I16, I32, I64,    DOUBLE,
                                       BINARY, LIST, SET, MAP, STRUCT, UUID, NO_TYPE, NO_TYPE};

#define MAX_SKIP_DEPTH 16
/* The reference takes 500,000, and counts structs and elements, at most twice as many. */
#define MAX_VALUES 249000
#define MAX_US 9000000000000000 /* below 2**63 nanoseconds */

/* Whoever reads past the end, or what can't be, makes it bad: from then on it reads zeros, and structs end. */
struct source {
    const uint8_t *at, *end;
    uint32_t values_left;
    bool is_compact;
    bool flag; /* a bool of the compact protocol, which is in the header of its field */
    bool is_bad;
};

static uint64_t spoil(struct source *in) {
    in->is_bad = true;
    in->at = in->end;
    return 0;
}

static inline size_t bytes_left(const struct source *in) { return (size_t)(in->end - in->at); }

static inline uint8_t next_byte(struct source *in) {
    return in->at < in->end ? *in->at++ : (uint8_t)spoil(in);
}

static inline const uint8_t *take(struct source *in, uint64_t count) {
    if (count > bytes_left(in)) {
        spoil(in);
        return in->end;
    }
    in->at += count;
    return in->at - count;
}

static inline uint64_t thrift_varint(struct source *in) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t byte = next_byte(in);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    return spoil(in);
}

static inline int64_t zigzag(struct source *in) {
    uint64_t folded = thrift_varint(in);
    return (int64_t)(folded >> 1 ^ (0 - (folded & 1)));
}

static inline int64_t read_i64(struct source *in) {
    if (in->is_compact) return zigzag(in);
    const uint8_t *at = take(in, 8);
    return in->is_bad ? 0 : (int64_t)__builtin_bswap64(load_64(at));
}

static inline int64_t read_i32(struct source *in) {
    if (in->is_compact) {
        int64_t value = zigzag(in);
        return value < INT32_MIN || value > INT32_MAX ? (int64_t)spoil(in) : value;
    }
    const uint8_t *at = take(in, 4);
    return in->is_bad ? 0 : (int32_t)__builtin_bswap32(load_32(at));
}

static inline int64_t read_i16(struct source *in) {
    if (in->is_compact) {
        int64_t value = zigzag(in);
        return value < INT16_MIN || value > INT16_MAX ? (int64_t)spoil(in) : value;
    }
    const uint8_t *at = take(in, 2);
    return in->is_bad ? 0 : (int16_t)(at[0] << 8 | at[1]);
}

static inline uint64_t read_double_bits(struct source *in) {
    const uint8_t *at = take(in, 8);
    if (in->is_bad) return 0;
    return in->is_compact ? load_64(at) : __builtin_bswap64(load_64(at));
}

static inline bool read_bool(struct source *in) { return in->is_compact ? in->flag : next_byte(in) != 0; }

static inline struct slice read_binary(struct source *in) {
    uint64_t length = in->is_compact ? thrift_varint(in) : (uint64_t)read_i32(in); /* a negative one is too long */
    const uint8_t *at = take(in, length);
    return in->is_bad ? (struct slice){NULL, 0} : (struct slice){at, (size_t)length};
}

static inline struct slice read_text(struct source *in) {
    struct slice text = read_binary(in);
    if (!is_text(text)) spoil(in);
    return text;
}

struct field_header {
    enum type type;
    int number;
};

static inline struct field_header read_field(struct source *in, int previous) {
    uint8_t head = next_byte(in);
    if (in->is_bad) return (struct field_header){STOP, 0};
    if (!in->is_compact) {
        if (head == STOP) return (struct field_header){STOP, 0};
        return (struct field_header){head, (int)read_i16(in)};
    }
    enum type type = OF_COMPACT[head & 0x0f];
    if (type == STOP) return (struct field_header){STOP, 0};
    in->flag = (head & 0x0f) == 1;
    return (struct field_header){type, head >> 4 ? previous + (head >> 4) : (int)read_i16(in)};
}

/* The number of elements, each of which takes at least a byte. */
static inline size_t counted(struct source *in, uint64_t count) {
    if (count > bytes_left(in) || count > in->values_left) return (size_t)spoil(in);
    in->values_left -= (uint32_t)count;
    return (size_t)count;
}

static inline size_t read_list(struct source *in, enum type *type) {
    uint8_t head = next_byte(in);
    if (!in->is_compact) {
        *type = head;
        return counted(in, (uint64_t)read_i32(in));
    }
    *type = OF_COMPACT[head & 0x0f];
    if (*type == NO_TYPE) return (size_t)spoil(in);
    return counted(in, head >> 4 == 15 ? thrift_varint(in) : (uint64_t)head >> 4);
}

static size_t read_struct_list(struct source *in) {
    enum type type;
    size_t count = read_list(in, &type);
    return count > 0 && type != STRUCT ? (size_t)spoil(in) : count;
}

static void skip(struct source *in, enum type type, unsigned depth);

static void skip_element(struct source *in, enum type type, unsigned depth) {
    if (type == BOOL) {
        take(in, 1);
    } else {
        skip(in, type, depth);
    }
}

static void skip_struct(struct source *in, unsigned depth) {
    struct field_header field = {STOP, 0};
    counted(in, 1);
    while ((field = read_field(in, field.number)).type != STOP) skip(in, field.type, depth);
}

static void skip_list(struct source *in, unsigned depth) {
    enum type type;
    size_t count = read_list(in, &type);
    for (size_t each = 0; each < count && !in->is_bad; each++) skip_element(in, type, depth);
}

static void skip_map(struct source *in, unsigned depth) {
    enum type key, value;
    size_t count;
    if (in->is_compact) {
        uint64_t size = thrift_varint(in);
        uint8_t types = size ? next_byte(in) : 0;
        key = OF_COMPACT[types >> 4];
        value = OF_COMPACT[types & 0x0f];
        count = counted(in, size);
    } else {
        key = next_byte(in);
        value = next_byte(in);
        count = counted(in, (uint64_t)read_i32(in));
    }
    for (size_t each = 0; each < count && !in->is_bad; each++) {
        skip_element(in, key, depth);
        skip_element(in, value, depth);
    }
}

static void skip(struct source *in, enum type type, unsigned depth) {
    if (depth == 0) {
        spoil(in);
        return;
    }
    switch (type) {
    case BOOL: read_bool(in); break;
    case I8: take(in, 1); break;
    case I16: read_i16(in); break;
    case I32: read_i32(in); break;
    case I64: read_i64(in); break;
    case DOUBLE: take(in, 8); break;
    case UUID: take(in, 16); break;
    case BINARY: read_binary(in); break;
    case STRUCT: skip_struct(in, depth - 1); break;
    case LIST:
    case SET: skip_list(in, depth - 1); break;
    case MAP: skip_map(in, depth - 1); break;
    default: spoil(in);
    }
}

/* A field of a struct: its number when it is one that is `expected` (a type for each number up to `last`) and comes
 * for the first time, 0 at the end of the struct. Unknown ones are skipped; a known one of another type is bad.
 */
struct fields {
    const uint8_t *expected;
    int last, number;
    uint32_t seen;
};

static inline int next_field(struct source *in, struct fields *fields) {
    for (;;) {
        struct field_header field = read_field(in, fields->number);
        fields->number = field.number;
        if (field.type == STOP) return 0;
        if (field.number < 1 || field.number > fields->last) {
            skip(in, field.type, MAX_SKIP_DEPTH);
            continue;
        }
        uint32_t bit = (uint32_t)1 << field.number;
        if (field.type != fields->expected[field.number] || fields->seen & bit) return (int)spoil(in);
        fields->seen |= bit;
        return field.number;
    }
}

#define BITS(first, last) (((uint32_t)2 << (last)) - ((uint32_t)1 << (first)))

static const uint8_t TAG_TYPES[] = {0, BINARY, I32, BINARY, DOUBLE, BOOL, I64, BINARY};
static const uint8_t LOG_TYPES[] = {0, I64, LIST};
static const uint8_t REFERENCE_TYPES[] = {0, I32, I64, I64, I64};
static const uint8_t SPAN_TYPES[] = {0, I64, I64, I64, I64, BINARY, LIST, I32, I64, I64, LIST, LIST, BOOL};
static const uint8_t PROCESS_TYPES[] = {0, BINARY, LIST};
static const uint8_t BATCH_TYPES[] = {0, STRUCT, LIST};
static const uint8_t EMIT_TYPES[] = {0, STRUCT};
enum { TAG_STRING, TAG_DOUBLE, TAG_BOOL, TAG_LONG, TAG_BINARY };

static void set_value(struct source *in, struct tag *tag, int64_t type, const struct tag *values) {
    static const enum value_kind KINDS[] = {VALUE_TEXT, VALUE_DOUBLE, VALUE_BOOL, VALUE_INT, VALUE_BYTES};
    if (type < TAG_STRING || type > TAG_BINARY) {
        spoil(in);
        return;
    }
    tag->kind = KINDS[type];
    tag->content = values[type].content;
    tag->number = values[type].number;
    if (tag->kind == VALUE_TEXT && !is_text(tag->content)) spoil(in);
}

static void read_tag(struct source *in, struct tags *tags) {
    struct fields fields = {TAG_TYPES, 7, 0, 0};
    struct tag values[TAG_BINARY + 1] = {0}, *tag = next_tag(tags);
    int64_t type = 0;
    int number;
    if (tag == NULL) {
        spoil(in);
        return;
    }
    while ((number = next_field(in, &fields)) != 0) {
        switch (number) {
        case 1: tag->key = read_text(in); break;
        case 2: type = read_i32(in); break;
        case 3: values[TAG_STRING].content = read_binary(in); break;
        case 4: values[TAG_DOUBLE].number = read_double_bits(in); break;
        case 5: values[TAG_BOOL].number = read_bool(in); break;
        case 6: values[TAG_LONG].number = (uint64_t)read_i64(in); break;
        case 7: values[TAG_BINARY].content = read_binary(in); break;
        }
    }
    if ((fields.seen & BITS(1, 2)) != BITS(1, 2)) spoil(in);
    set_value(in, tag, type, values);
}

static void read_tags(struct source *in, struct tags *tags) {
    size_t count = read_struct_list(in);
    for (size_t each = 0; each < count && !in->is_bad; each++) read_tag(in, tags);
}

static uint64_t nanoseconds(struct source *in, int64_t us) {
    return us < 0 || us > MAX_US ? spoil(in) : (uint64_t)us * 1000;
}

static void read_log(struct source *in, struct span *span) {
    struct fields fields = {LOG_TYPES, 2, 0, 0};
    struct log *log = NEXT_ITEM(struct log, span->logs, span->log_count, span->log_capacity);
    int number;
    if (log == NULL) {
        spoil(in);
        return;
    }
    while ((number = next_field(in, &fields)) != 0) {
        if (number == 1) {
            log->time_ns = nanoseconds(in, read_i64(in));
        } else {
            log->first_field = span->fields.count;
            read_tags(in, &span->fields);
            log->field_count = span->fields.count - log->first_field;
        }
    }
    if (fields.seen != BITS(1, 2)) spoil(in);
}

static void read_logs(struct source *in, struct span *span) {
    size_t count = read_struct_list(in);
    for (size_t each = 0; each < count && !in->is_bad; each++) read_log(in, span);
}

static void read_id(struct source *in, uint8_t *id) {
    uint64_t number = __builtin_bswap64((uint64_t)read_i64(in));
    memcpy(id, &number, sizeof number);
}

static void read_reference(struct source *in, struct span *span) {
    struct fields fields = {REFERENCE_TYPES, 4, 0, 0};
    struct reference *reference =
        NEXT_ITEM(struct reference, span->references, span->reference_count, span->reference_capacity);
    int number;
    if (reference == NULL) {
        spoil(in);
        return;
    }
    while ((number = next_field(in, &fields)) != 0) {
        switch (number) {
        case 1: reference->kind = read_i32(in); break;
        case 2: read_id(in, reference->trace_id + 8); break;
        case 3: read_id(in, reference->trace_id); break;
        case 4: read_id(in, reference->span_id); break;
        }
    }
    if (fields.seen != BITS(1, 4) || reference->kind < CHILD_OF || reference->kind > FOLLOWS_FROM) spoil(in);
}

static void read_references(struct source *in, struct span *span) {
    size_t count = read_struct_list(in);
    for (size_t each = 0; each < count && !in->is_bad; each++) read_reference(in, span);
}

static void set_times(struct source *in, struct span *span, int64_t start_us, int64_t duration_us) {
    if (duration_us < -MAX_US || duration_us > MAX_US) spoil(in);
    span->start_ns = nanoseconds(in, start_us);
    if (!in->is_bad) span->end_ns = nanoseconds(in, start_us + duration_us);
}

static void read_span_field(struct source *in, struct span *span, int number) {
    switch (number) {
    case 1: read_id(in, span->trace_id + 8); break;
    case 2: read_id(in, span->trace_id); break;
    case 3: read_id(in, span->span_id); break;
    case 4: read_id(in, span->parent_id); break;
    case 5: span->name = read_text(in); break;
    case 6: read_references(in, span); break;
    case 7: span->flags = read_i32(in); break;
    case 10: read_tags(in, &span->tags); break;
    case 11: read_logs(in, span); break;
    case 12: span->is_incomplete = read_bool(in); break;
    }
}

static void read_span(struct source *in, struct span *span) {
    struct fields fields = {SPAN_TYPES, 12, 0, 0};
    uint32_t required = BITS(1, 5) | BITS(7, 9);
    int64_t start_us = 0, duration_us = 0;
    int number;
    clear_span(span);
    while ((number = next_field(in, &fields)) != 0) {
        if (number == 8) {
            start_us = read_i64(in);
        } else if (number == 9) {
            duration_us = read_i64(in);
        } else {
            read_span_field(in, span, number);
        }
    }
    set_times(in, span, start_us, duration_us);
    if ((fields.seen & required) != required) spoil(in);
}

static void read_spans(struct source *in, struct batch *batch) {
    size_t count = read_struct_list(in);
    for (size_t each = 0; each < count && !in->is_bad; each++) {
        read_span(in, &batch->span);
        if (!in->is_bad && !add_span(batch)) spoil(in);
    }
}

static void read_process(struct source *in, struct batch *batch) {
    struct fields fields = {PROCESS_TYPES, 2, 0, 0};
    struct slice service_name = {NULL, 0};
    int number;
    while ((number = next_field(in, &fields)) != 0) {
        if (number == 1) {
            service_name = read_text(in);
        } else {
            read_tags(in, &batch->process_tags);
        }
    }
    if (!(fields.seen & BITS(1, 1))) spoil(in);
    batch->has_process = true;
    if (!in->is_bad) write_process(&batch->resource, service_name, &batch->process_tags);
}

static void read_batch(struct source *in, struct batch *batch) {
    struct fields fields = {BATCH_TYPES, 2, 0, 0};
    int number;
    while ((number = next_field(in, &fields)) != 0) {
        if (number == 1) {
            read_process(in, batch);
        } else {
            read_spans(in, batch);
        }
    }
    if (fields.seen != BITS(1, 2)) spoil(in);
}

static void read_emit_batch(struct source *in, struct batch *batch) {
    struct fields fields = {EMIT_TYPES, 1, 0, 0};
    while (next_field(in, &fields) != 0) read_batch(in, batch);
    if (fields.seen != BITS(1, 1)) spoil(in);
}

/* The head of a call of emitBatch: only the strict form of the binary protocol. */
static void read_head(struct source *in) {
    uint8_t type;
    struct slice name;
    if (in->is_compact) {
        uint8_t id = next_byte(in), head = next_byte(in);
        if (id != 0x82 || (head & 0x1f) != 1) spoil(in);
        type = head >> 5;
        thrift_varint(in);
        name = read_binary(in);
    } else {
        const uint8_t *at = take(in, 4);
        if (in->is_bad || at[0] != 0x80 || at[1] != 1) {
            spoil(in);
            return;
        }
        type = at[3];
        name = read_binary(in);
        take(in, 4);
    }
    if (in->is_bad || !IS(name, "emitBatch") || (type != 1 && type != 4)) spoil(in);
}

static int translate(struct source in, bool is_message, uint8_t **bytes, size_t *count) {
    struct batch batch = {0};
    int answer = 0;
    if (is_message) {
        read_head(&in);
        if (!in.is_bad) read_emit_batch(&in, &batch);
    } else {
        read_batch(&in, &batch);
    }
    if (!in.is_bad && in.at == in.end) answer = finish_batch(&batch, bytes, count);
    free_batch(&batch);
    return answer;
}

static struct source source_of(const uint8_t *body, size_t length, bool is_compact) {
    return (struct source){.at = body, .end = body + length, .values_left = MAX_VALUES, .is_compact = is_compact};
}

EXPORT int clew_jaeger_binary_batch(const uint8_t *body, size_t length, uint8_t **bytes, size_t *count) {
    return translate(source_of(body, length, false), false, bytes, count);
}

EXPORT int clew_jaeger_compact_batch(const uint8_t *body, size_t length, uint8_t **bytes, size_t *count) {
    return translate(source_of(body, length, true), false, bytes, count);
}

EXPORT int clew_jaeger_binary_message(const uint8_t *body, size_t length, uint8_t **bytes, size_t *count) {
    return translate(source_of(body, length, false), true, bytes, count);
}

EXPORT int clew_jaeger_compact_message(const uint8_t *body, size_t length, uint8_t **bytes, size_t *count) {
    return translate(source_of(body, length, true), true, bytes, count);
}
