/* Jaeger's protobuf as OTLP: the ordinary bodies of jaeger_proto.py. All others are "don't know": an unknown field, a
 * number that isn't in its shortest form, a singular field twice, more than one process.
 */
#include "jaeger_map.h"
#include "varint.h"

enum wire_type { VARINT = 0, WIRE_64 = 1, DELIMITED = 2 };

/* The reference takes no more either. */
#define MAX_SPANS 1000000
#define MAX_PART_BYTES (4 * 1024 * 1024)
#define MAX_SECONDS 9000000000 /* below 2**63 nanoseconds */
#define SECOND_NS 1000000000

/* A message: whoever reads what isn't as it should be makes it bad, and then it has no more fields. */
struct message {
    const uint8_t *at, *end;
    uint32_t seen;
    bool is_bad;
};

struct field {
    unsigned number;
    enum wire_type wire_type;
    struct slice content;
    uint64_t value;
};

static bool spoil(struct message *in) {
    in->is_bad = true;
    in->at = in->end;
    return false;
}

static inline struct message message_in(struct slice bytes) {
    return (struct message){.at = bytes.at, .end = bytes.at + bytes.length};
}

static inline bool read_value(struct message *in, struct field *field) {
    const uint8_t *past;
    uint64_t length;
    switch (field->wire_type) {
    case VARINT:
        past = read_varint(in->at, in->end, &field->value);
        if (past == NULL) return spoil(in);
        in->at = past;
        return true;
    case WIRE_64:
        if (in->end - in->at < 8) return spoil(in);
        field->value = load_64(in->at);
        in->at += 8;
        return true;
    case DELIMITED:
        past = read_varint(in->at, in->end, &length);
        if (past == NULL || length > (uint64_t)(in->end - past)) return spoil(in);
        field->content = (struct slice){past, (size_t)length};
        in->at = past + length;
        return true;
    }
    return spoil(in);
}

/* The next field; false at the end. `types` has the wire type of each number up to `last`, with REPEATED when it is. */
#define REPEATED 8
#define UNKNOWN 7

static inline bool next_field(struct message *in, const uint8_t *types, unsigned last, struct field *field) {
    if (in->at == in->end) return false;
    unsigned tag = *in->at++;
    field->number = tag >> 3;
    if (tag >= 0x80 || field->number == 0 || field->number > last) return spoil(in);
    unsigned type = types[field->number];
    uint32_t bit = (uint32_t)1 << field->number;
    if ((type & 7) != (tag & 7) || (!(type & REPEATED) && (in->seen & bit))) return spoil(in);
    in->seen |= bit;
    field->wire_type = (enum wire_type)(tag & 7);
    return read_value(in, field);
}

static const uint8_t MOMENT_TYPES[] = {UNKNOWN, VARINT, VARINT};
static const uint8_t TAG_TYPES[] = {UNKNOWN, DELIMITED, VARINT, DELIMITED, VARINT, VARINT, WIRE_64, DELIMITED};
static const uint8_t LOG_TYPES[] = {UNKNOWN, DELIMITED, DELIMITED | REPEATED};
static const uint8_t REFERENCE_TYPES[] = {UNKNOWN, DELIMITED, DELIMITED, VARINT};
static const uint8_t PROCESS_TYPES[] = {UNKNOWN, DELIMITED, DELIMITED | REPEATED};
static const uint8_t SPAN_TYPES[] = {UNKNOWN,
                                     DELIMITED, /* trace_id */
                                     DELIMITED, /* span_id */
                                     DELIMITED, /* operation_name */
                                     DELIMITED | REPEATED, /* references */
                                     VARINT,               /* flags */
                                     DELIMITED,            /* start_time */
                                     DELIMITED,            /* duration */
                                     DELIMITED | REPEATED, /* tags */
                                     DELIMITED | REPEATED, /* logs */
                                     DELIMITED,            /* process */
                                     DELIMITED,            /* process_id */
                                     DELIMITED | REPEATED /* warnings */};
static const uint8_t BATCH_TYPES[] = {UNKNOWN, DELIMITED | REPEATED, DELIMITED};
static const uint8_t REQUEST_TYPES[] = {UNKNOWN, DELIMITED};
enum { TAG_STRING, TAG_BOOL, TAG_INT, TAG_DOUBLE, TAG_BINARY };

static bool read_moment(struct slice bytes, uint64_t *nanoseconds) {
    struct message in = message_in(bytes);
    struct field field = {0};
    uint64_t seconds = 0, nanos = 0;
    while (next_field(&in, MOMENT_TYPES, 2, &field)) *(field.number == 1 ? &seconds : &nanos) = field.value;
    if (in.is_bad || seconds > MAX_SECONDS || nanos >= SECOND_NS) return false;
    *nanoseconds = seconds * SECOND_NS + nanos;
    return true;
}

static bool set_value(struct tag *tag, uint64_t type, const struct tag *values) {
    static const enum value_kind KINDS[] = {VALUE_TEXT, VALUE_BOOL, VALUE_INT, VALUE_DOUBLE, VALUE_BYTES};
    if (type > TAG_BINARY) return false;
    tag->kind = KINDS[type];
    tag->content = values[type].content;
    tag->number = values[type].number;
    return tag->kind == VALUE_TEXT ? is_text(tag->content) : tag->kind != VALUE_BOOL || tag->number <= 1;
}

static bool read_tag(struct slice bytes, struct tags *tags) {
    struct message in = message_in(bytes);
    struct field field = {0};
    struct tag values[TAG_BINARY + 1] = {0}, *tag = next_tag(tags);
    uint64_t type = 0;
    if (tag == NULL) return false;
    while (next_field(&in, TAG_TYPES, 7, &field)) {
        switch (field.number) {
        case 1: tag->key = field.content; break;
        case 2: type = field.value; break;
        case 3: values[TAG_STRING].content = field.content; break;
        case 4: values[TAG_BOOL].number = field.value; break;
        case 5: values[TAG_INT].number = field.value; break;
        case 6: values[TAG_DOUBLE].number = field.value; break;
        case 7: values[TAG_BINARY].content = field.content; break;
        }
    }
    return !in.is_bad && is_text(tag->key) && set_value(tag, type, values);
}

static bool read_log(struct slice bytes, struct span *span) {
    struct message in = message_in(bytes);
    struct field field = {0};
    struct log *log = NEXT_ITEM(struct log, span->logs, span->log_count, span->log_capacity);
    if (log == NULL) return false;
    log->first_field = span->fields.count;
    while (next_field(&in, LOG_TYPES, 2, &field)) {
        if (field.number == 1 && !read_moment(field.content, &log->time_ns)) return false;
        if (field.number == 2 && !read_tag(field.content, &span->fields)) return false;
    }
    log->field_count = span->fields.count - log->first_field;
    return !in.is_bad;
}

/* Of 16 bytes, or 8 that are its lower half. */
static bool read_trace_id(struct slice bytes, uint8_t *id) {
    if (bytes.length != 16 && bytes.length != 8) return false;
    memcpy(id + 16 - bytes.length, bytes.at, bytes.length);
    return true;
}

static bool read_span_id(struct slice bytes, uint8_t *id) {
    if (bytes.length != 8) return false;
    memcpy(id, bytes.at, 8);
    return true;
}

static bool read_reference(struct slice bytes, struct span *span) {
    struct message in = message_in(bytes);
    struct field field = {0};
    struct reference *reference =
        NEXT_ITEM(struct reference, span->references, span->reference_count, span->reference_capacity);
    if (reference == NULL) return false;
    while (next_field(&in, REFERENCE_TYPES, 3, &field)) {
        if (field.number == 1 && !read_trace_id(field.content, reference->trace_id)) return false;
        if (field.number == 2 && !read_span_id(field.content, reference->span_id)) return false;
        if (field.number == 3) reference->kind = field.value <= FOLLOWS_FROM ? (int64_t)field.value : -1;
    }
    return !in.is_bad && (in.seen & 6) == 6 && reference->kind >= 0;
}

static bool read_warning(struct slice bytes, struct span *span) {
    struct slice *warning = NEXT_ITEM(struct slice, span->warnings, span->warning_count, span->warning_capacity);
    if (warning == NULL) return false;
    *warning = bytes;
    return is_text(bytes);
}

/* The processes of a request: that of the batch, and the one of the spans that bring their own. */
struct processes {
    struct slice of_batch, of_spans;
    bool has_of_batch, has_of_spans, is_batch_used;
};

static bool note_process(struct processes *processes, struct slice bytes) {
    if (processes->has_of_spans) return is_same(processes->of_spans, bytes);
    processes->has_of_spans = true;
    processes->of_spans = bytes;
    return true;
}

static bool read_span_field(const struct field *field, struct span *span, struct processes *processes) {
    switch (field->number) {
    case 1: return read_trace_id(field->content, span->trace_id);
    case 2: return read_span_id(field->content, span->span_id);
    case 3: span->name = field->content; return is_text(span->name);
    case 4: return read_reference(field->content, span);
    case 5: span->flags = (int64_t)field->value; return field->value <= UINT32_MAX;
    case 6: return read_moment(field->content, &span->start_ns);
    case 7: return read_moment(field->content, &span->end_ns);
    case 8: return read_tag(field->content, &span->tags);
    case 9: return read_log(field->content, span);
    case 10: return note_process(processes, field->content);
    case 11: span->process_id = field->content; return is_text(span->process_id);
    default: return read_warning(field->content, span);
    }
}

static bool read_span(struct slice bytes, struct batch *batch, struct processes *processes) {
    struct span *span = &batch->span;
    struct message in = message_in(bytes);
    struct field field = {0};
    clear_span(span);
    while (next_field(&in, SPAN_TYPES, 12, &field)) {
        if (!read_span_field(&field, span, processes)) return false;
    }
    span->end_ns += span->start_ns; /* it was the duration; both are below 2**63 */
    if (!(in.seen & (uint32_t)1 << 10)) processes->is_batch_used = true;
    return !in.is_bad && (in.seen & 6) == 6 && add_span(batch);
}

static bool read_process(struct slice bytes, struct batch *batch) {
    struct message in = message_in(bytes);
    struct field field = {0};
    struct slice service_name = {NULL, 0};
    while (next_field(&in, PROCESS_TYPES, 2, &field)) {
        if (field.number == 1) service_name = field.content;
        if (field.number == 2 && !read_tag(field.content, &batch->process_tags)) return false;
    }
    if (in.is_bad || !is_text(service_name)) return false;
    batch->has_process = true;
    write_process(&batch->resource, service_name, &batch->process_tags);
    return true;
}

/* The one process of all the spans. */
static bool choose_process(struct batch *batch, const struct processes *processes) {
    if (!processes->has_of_spans) return !processes->has_of_batch || read_process(processes->of_batch, batch);
    if (processes->has_of_batch && !is_same(processes->of_batch, processes->of_spans)) return false;
    if (processes->is_batch_used && !processes->has_of_batch) return false;
    return read_process(processes->of_spans, batch);
}

static bool read_batch(struct slice bytes, struct batch *batch) {
    struct message in = message_in(bytes);
    struct field field = {0};
    struct processes processes = {0};
    size_t parts = 0;
    while (next_field(&in, BATCH_TYPES, 2, &field)) {
        if (field.content.length > MAX_PART_BYTES || ++parts > MAX_SPANS) return false;
        if (field.number == 1 && !read_span(field.content, batch, &processes)) return false;
        if (field.number == 2) {
            processes.has_of_batch = true;
            processes.of_batch = field.content;
        }
    }
    return !in.is_bad && choose_process(batch, &processes);
}

EXPORT int clew_jaeger_post_spans(const uint8_t *body, size_t length, uint8_t **bytes, size_t *count) {
    struct message in = message_in((struct slice){body, length});
    struct field field = {0};
    struct batch batch = {0};
    bool is_read = true;
    while (is_read && next_field(&in, REQUEST_TYPES, 1, &field)) is_read = read_batch(field.content, &batch);
    int answer = is_read && !in.is_bad && finish_batch(&batch, bytes, count);
    free_batch(&batch);
    return answer;
}
