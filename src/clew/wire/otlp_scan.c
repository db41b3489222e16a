/* Is an encoded protobuf message certainly what a canonical writer would have written, and are its records good?
 *
 * One pass over the bytes, driven by a table of message descriptions (otlp_scan.py makes it from the descriptors). The
 * answer 1 means: every field is known, in the order of the numbers, singular ones at most once, one of a oneof, numbers
 * in their shortest form, no default written out, text in UTF-8, ids as they must be. The answer 0 means "don't know":
 * the caller looks again with the full parser. So a mistake on the careful side costs time and nothing else.
 *
 * No allocation, no state outside the arguments, recursion bounded by max_depth; any bytes may come in.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "utf8.h"
#include "varint.h"

#define EXPORT __attribute__((visibility("default")))

/* The layout of the structures below; compiled_library.py loads no other. */
#define INTERFACE 1

enum kind {
    KIND_MESSAGE,
    KIND_STRING,
    KIND_BYTES,
    KIND_FIXED32,
    KIND_FIXED64,
    KIND_BOOL,
    KIND_INT32, /* enums too: sign-extended to 64 bits on the wire */
    KIND_UINT32,
    KIND_64, /* int64 and uint64: every 64 bits are a value */
};

enum wire_type { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_DELIMITED = 2, WIRE_32 = 5 };

enum flag {
    FLAG_NO_DEFAULT = 1, /* zero or empty is not written */
    FLAG_NOT_ZERO = 2,   /* bytes that must not be all zero */
    FLAG_RECORD = 4,
    FLAG_GROUP = 8,
    FLAG_OWN = 16,       /* stored with every record of its message */
    FLAG_ATTRIBUTE = 32, /* counted per message */
    FLAG_ITEM = 64,      /* counted over the whole body */
    FLAG_OUTER = 128,    /* a field of one of the outer messages: counted, and measured unless it is a group */
};
#define ROLES (FLAG_RECORD | FLAG_GROUP | FLAG_OWN | FLAG_ATTRIBUTE | FLAG_ITEM | FLAG_OUTER)

struct field {
    uint32_t excluded; /* bit n: must not come after field n; so order, singular fields and oneofs are one test */
    uint8_t wire_type; /* 255: there is no such field */
    uint8_t kind;
    uint8_t message;
    uint8_t exact_bytes; /* 0: any length */
    uint32_t flags;
};

struct message {
    uint32_t required;    /* bit n: field n must come */
    uint16_t first_field; /* where its field 0 is in the table of fields */
    uint16_t last_number; /* at most 31 */
};

struct found {
    uint64_t records;
    uint64_t groups;
    uint64_t items;
    uint64_t most_attributes; /* on one message */
    uint64_t repeated_bytes;  /* sum of own bytes times records, over all messages */
    uint64_t outer_fields;
    uint64_t largest_bytes; /* of an outer field that is no group */
};

struct scan {
    const struct field *fields;
    const struct message *messages;
    struct found found;
};

static inline bool is_zero(const uint8_t *at, size_t length) {
    uint8_t bits = 0;
    for (size_t done = 0; done < length; done++) bits |= at[done];
    return bits == 0;
}

static inline bool is_good_number(const struct field *field, uint64_t value) {
    if (value == 0) return (field->flags & FLAG_NO_DEFAULT) == 0;
    switch (field->kind) {
    case KIND_BOOL:
        return value == 1;
    case KIND_INT32:
        return value <= INT32_MAX || value >= UINT64_MAX - INT32_MAX;
    case KIND_UINT32:
        return value <= UINT32_MAX;
    default:
        return field->kind == KIND_64;
    }
}

static inline bool is_good_content(const struct field *field, const uint8_t *at, size_t length) {
    if (field->exact_bytes && length != field->exact_bytes) return false;
    if (length == 0) return (field->flags & FLAG_NO_DEFAULT) == 0;
    if ((field->flags & FLAG_NOT_ZERO) && is_zero(at, length)) return false;
    return field->kind == KIND_BYTES || is_utf8(at, length);
}

static inline bool is_good_fixed(const struct field *field, uint64_t value) {
    return value != 0 || (field->flags & FLAG_NO_DEFAULT) == 0;
}

/* What is counted of one message. */
struct tally {
    uint64_t records_before;
    uint64_t attributes;
    uint64_t own_bytes;
};

static inline void count_field(struct scan *scan, struct tally *tally, uint32_t flags, size_t length) {
    struct found *found = &scan->found;
    if (flags & FLAG_ITEM) found->items++;
    if (flags & FLAG_ATTRIBUTE) tally->attributes++;
    if (flags & FLAG_OUTER) {
        found->outer_fields++;
        if (flags & FLAG_RECORD) found->records++;
        if (flags & FLAG_GROUP) found->groups++;
        if (flags & FLAG_OWN) tally->own_bytes += length;
        if (!(flags & FLAG_GROUP) && length > found->largest_bytes) found->largest_bytes = length;
    }
}

static inline void count_message(struct scan *scan, const struct tally *tally) {
    struct found *found = &scan->found;
    if (tally->attributes > found->most_attributes) found->most_attributes = tally->attributes;
    /* A body is below 2**31 bytes, so the sum stays below 2**62. */
    if (tally->own_bytes) found->repeated_bytes += tally->own_bytes * (found->records - tally->records_before);
}

static bool scan_message(struct scan *scan, unsigned index, const uint8_t *at, const uint8_t *end, unsigned depth_left) {
    const struct message *message = &scan->messages[index];
    const struct field *fields = scan->fields + message->first_field;
    struct tally tally = {scan->found.records, 0, 0};
    uint32_t seen = 0;
    if (depth_left == 0) return false;
    while (at < end) {
        unsigned tag = *at++;
        if (tag >= 0x80) {
            if (at == end || *at == 0 || *at >= 0x80) return false;
            tag = (tag & 0x7f) | (unsigned)*at++ << 7;
        }
        unsigned number = tag >> 3;
        if (number > message->last_number) return false;
        const struct field *field = &fields[number];
        if (field->wire_type != (tag & 7) || (seen & field->excluded)) return false;
        seen |= (uint32_t)1 << number;
        uint64_t value;
        switch (field->wire_type) {
        case WIRE_DELIMITED:
            at = read_varint(at, end, &value);
            if (at == NULL || value > (uint64_t)(end - at)) return false;
            if (field->flags & ROLES) count_field(scan, &tally, field->flags, (size_t)value);
            if (field->kind == KIND_MESSAGE) {
                if (!scan_message(scan, field->message, at, at + value, depth_left - 1)) return false;
            } else if (!is_good_content(field, at, (size_t)value)) {
                return false;
            }
            at += value;
            break;
        case WIRE_VARINT:
            at = read_varint(at, end, &value);
            if (at == NULL || !is_good_number(field, value)) return false;
            break;
        case WIRE_64:
            if (end - at < 8 || !is_good_fixed(field, load_64(at))) return false;
            at += 8;
            break;
        case WIRE_32:
            if (end - at < 4 || !is_good_fixed(field, load_32(at))) return false;
            at += 4;
            break;
        default:
            return false;
        }
    }
    count_message(scan, &tally);
    return (seen & message->required) == message->required;
}

EXPORT int clew_otlp_scan_interface(void) { return INTERFACE; }

/* Scan a message of the type messages[0]; `found` is filled in when the answer is 1. */
EXPORT int clew_otlp_scan(const struct field *fields, const struct message *messages, unsigned max_depth,
                          const uint8_t *body, size_t length, struct found *found) {
    struct scan scan = {fields, messages, {0}};
    if (length > INT32_MAX || !scan_message(&scan, 0, body, body + length, max_depth)) return 0;
    *found = scan.found;
    return 1;
}
