/* Writes OTLP protobuf as upb would write it: the caller keeps the order of the fields and leaves out defaults, this
 * keeps lengths and numbers in their shortest form. For the translations from other formats (compiled_translation.py);
 * each is one .c file that includes this one, and answers 1 with the bytes or 0 for "don't know".
 *
 * Whoever writes need not look at every step: an output that ran out of memory takes no more, and `finish` says so.
 */
#ifndef CLEW_OTLP_BUILD_H
#define CLEW_OTLP_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

#define EXPORT __attribute__((visibility("default")))

/* What compiled_translation.py calls; it loads no other. */
#define TRANSLATION_INTERFACE 1

/* Bytes somewhere in the body. */
struct slice {
    const uint8_t *at;
    size_t length;
};

#define LITERAL(text) ((struct slice){(const uint8_t *)(text), sizeof(text) - 1})

static inline bool is_same(struct slice one, struct slice other) {
    return one.length == other.length && (one.length == 0 || memcmp(one.at, other.at, one.length) == 0);
}

static inline bool is_text(struct slice text) { return is_utf8(text.at, text.length); }

struct output {
    uint8_t *start;
    size_t length;
    size_t capacity;
    bool is_broken; /* no memory, or more than protobuf's 2 GiB */
};

#define MAX_OUTPUT_BYTES ((size_t)INT32_MAX)

static inline bool grow_output(struct output *out, size_t more) {
    size_t capacity = out->capacity ? out->capacity : 4096;
    if (out->is_broken || more > MAX_OUTPUT_BYTES - out->length) return !(out->is_broken = true);
    while (capacity - out->length < more) capacity *= 2;
    uint8_t *start = realloc(out->start, capacity);
    if (start == NULL) return !(out->is_broken = true);
    out->start = start;
    out->capacity = capacity;
    return true;
}

static inline bool has_room(struct output *out, size_t more) {
    return out->capacity - out->length >= more || grow_output(out, more);
}

static inline void free_output(struct output *out) {
    free(out->start);
    *out = (struct output){0};
}

/* Gives the bytes away; 0, and nothing given, when some are missing. The receiver frees them. */
static inline int finish(struct output *out, uint8_t **bytes, size_t *length) {
    if (out->is_broken || !has_room(out, 1)) { /* never NULL, even when nothing was written */
        free_output(out);
        return 0;
    }
    *bytes = out->start;
    *length = out->length;
    *out = (struct output){0};
    return 1;
}

static inline unsigned varint_bytes(uint64_t value) { return (unsigned)(63 - __builtin_clzll(value | 1)) / 7 + 1; }

static inline uint8_t *put_varint(uint8_t *at, uint64_t value) {
    while (value > 0x7f) {
        *at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t)value;
    return at;
}

static inline void write_varint(struct output *out, uint64_t value) {
    if (!has_room(out, 10)) return;
    out->length = (size_t)(put_varint(out->start + out->length, value) - out->start);
}

static inline void write_raw(struct output *out, const void *bytes, size_t length) {
    if (length == 0 || !has_room(out, length)) return;
    memcpy(out->start + out->length, bytes, length);
    out->length += length;
}

static inline void write_tag(struct output *out, unsigned number, unsigned wire_type) {
    write_varint(out, number << 3 | wire_type);
}

/* Whole fields, also with a default in them: the caller knows whether it is written. */
static inline void write_number(struct output *out, unsigned number, uint64_t value) {
    write_tag(out, number, 0);
    write_varint(out, value);
}

static inline void write_fixed64(struct output *out, unsigned number, uint64_t value) {
    write_tag(out, number, 1);
    write_raw(out, &value, sizeof value); /* both the wire and the machine are little-endian */
}

static inline void write_fixed32(struct output *out, unsigned number, uint32_t value) {
    write_tag(out, number, 5);
    write_raw(out, &value, sizeof value);
}

static inline void write_bytes(struct output *out, unsigned number, struct slice content) {
    if (!has_room(out, content.length + 15)) return; /* a tag of at most 5 bytes, a length of at most 10 */
    uint8_t *at = put_varint(put_varint(out->start + out->length, number << 3 | 2), content.length);
    if (content.length) memcpy(at, content.at, content.length);
    out->length = (size_t)(at + content.length - out->start);
}

/* A message whose length is known only at its end: room is left for as many bytes as that will probably take. */
struct open_message {
    size_t content;
    unsigned length_bytes;
};

static inline struct open_message open_message(struct output *out, unsigned number, unsigned length_bytes) {
    write_tag(out, number, 2);
    if (has_room(out, length_bytes)) out->length += length_bytes;
    return (struct open_message){out->length, length_bytes};
}

static inline void close_message(struct output *out, struct open_message message) {
    if (out->is_broken) return;
    size_t length = out->length - message.content;
    unsigned length_bytes = varint_bytes(length);
    size_t begin = message.content - message.length_bytes;
    if (length_bytes != message.length_bytes) {
        if (!has_room(out, length_bytes)) return;
        memmove(out->start + begin + length_bytes, out->start + message.content, length);
        out->length = begin + length_bytes + length;
    }
    put_varint(out->start + begin, length);
}

/* A KeyValue up to the content of its AnyValue, which takes `value_bytes` and is written next. */
static inline void write_key(struct output *out, unsigned number, struct slice key, size_t value_bytes) {
    size_t key_bytes = key.length ? 1 + varint_bytes(key.length) + key.length : 0;
    size_t content_bytes = key_bytes + 1 + varint_bytes(value_bytes) + value_bytes;
    if (!has_room(out, content_bytes + 15)) return;
    write_tag(out, number, 2);
    write_varint(out, content_bytes);
    if (key.length) write_bytes(out, 1, key);
    write_tag(out, 2, 2);
    write_varint(out, value_bytes);
}

/* Whole KeyValues. Text must be UTF-8 (is_text). */
static inline void write_text_attribute(struct output *out, unsigned number, struct slice key, struct slice value) {
    write_key(out, number, key, 1 + varint_bytes(value.length) + value.length);
    write_bytes(out, 1, value);
}

static inline void write_bool_attribute(struct output *out, unsigned number, struct slice key, bool value) {
    write_key(out, number, key, 2);
    write_number(out, 2, value);
}

static inline void write_int_attribute(struct output *out, unsigned number, struct slice key, int64_t value) {
    write_key(out, number, key, 1 + varint_bytes((uint64_t)value));
    write_number(out, 3, (uint64_t)value);
}

/* The bits of the number, so that every NaN stays what it is. */
static inline void write_double_attribute(struct output *out, unsigned number, struct slice key, uint64_t bits) {
    write_key(out, number, key, 9);
    write_fixed64(out, 4, bits);
}

static inline void write_bytes_attribute(struct output *out, unsigned number, struct slice key, struct slice value) {
    write_key(out, number, key, 1 + varint_bytes(value.length) + value.length);
    write_bytes(out, 7, value);
}

EXPORT int clew_translation_interface(void) { return TRANSLATION_INTERFACE; }

EXPORT void clew_translation_free(uint8_t *bytes) { free(bytes); }

#endif
