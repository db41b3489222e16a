/* Zipkin's spans as the compiled readers find them (zipkin_span.py), in arrays that grow; what a reader needs to fill them.
 *
 * Texts point into the body, or into `texts` where they had to be written anew. All of it goes with free_list.
 */
#ifndef CLEW_ZIPKIN_SPANS_H
#define CLEW_ZIPKIN_SPANS_H

#include "otlp_build.h"

/* As in zipkin_span.py. */
#define MAX_ITEMS 500000
#define MAX_MICROSECONDS (UINT64_MAX / 1000)

/* More are for Python: they would cost more than they save, or time without bound. */
#define MAX_TAGS 64

enum span_kind { UNSPECIFIED, INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER };

struct endpoint {
    struct slice service, ipv4, ipv6;
    uint32_t port;
};

struct note {
    uint64_t timestamp_us;
    struct slice value;
};

struct tag {
    struct slice key, value;
    bool is_taken; /* it went into another field of OTLP */
};

struct zipkin_span {
    uint8_t trace_id[16], span_id[8], parent_id[8], joined_parent_id[8];
    bool has_parent, has_joined_parent, is_debug, is_shared, is_half;
    unsigned kind;
    uint64_t timestamp_us, duration_us;
    struct slice name;
    struct endpoint local, remote;
    uint32_t first_note, notes, first_tag, tags;
    uint32_t next; /* of the same scope */
};

struct span_list {
    struct zipkin_span *spans;
    struct note *notes;
    struct tag *tags;
    size_t span_count, note_count, tag_count;
    size_t span_room, note_room, tag_room;
    uint8_t *texts;
    size_t text_length;
};

static inline void free_list(struct span_list *list) {
    free(list->spans);
    free(list->notes);
    free(list->tags);
    free(list->texts);
}

static inline bool make_room(void **items, size_t *room, size_t count, size_t item_bytes) {
    if (count < *room) return true;
    size_t more = *room ? 2 * *room : 256;
    void *moved = realloc(*items, more * item_bytes);
    if (moved == NULL) return false;
    *items = moved;
    *room = more;
    return true;
}

static inline bool has_many_items(const struct span_list *list) {
    return list->span_count + list->note_count + list->tag_count > MAX_ITEMS;
}

/* Each is NULL when there is no memory; otherwise zeroed, and valid until the next of its kind is added. */
static inline struct zipkin_span *add_span(struct span_list *list) {
    void **items = (void **)&list->spans;
    if (!make_room(items, &list->span_room, list->span_count, sizeof *list->spans)) return NULL;
    struct zipkin_span *span = &list->spans[list->span_count++];
    *span = (struct zipkin_span){.first_note = (uint32_t)list->note_count, .first_tag = (uint32_t)list->tag_count};
    return span;
}

static inline struct note *add_note(struct span_list *list, struct zipkin_span *span) {
    void **items = (void **)&list->notes;
    if (!make_room(items, &list->note_room, list->note_count, sizeof *list->notes)) return NULL;
    span->notes++;
    list->notes[list->note_count] = (struct note){0};
    return &list->notes[list->note_count++];
}

/* Also NULL when the span has this key already, or too many. */
static inline struct tag *add_tag(struct span_list *list, struct zipkin_span *span, struct slice key) {
    void **items = (void **)&list->tags;
    if (!make_room(items, &list->tag_room, list->tag_count, sizeof *list->tags) || span->tags == MAX_TAGS) return NULL;
    for (uint32_t each = 0; each < span->tags; each++)
        if (is_same(list->tags[span->first_tag + each].key, key)) return NULL;
    span->tags++;
    list->tags[list->tag_count] = (struct tag){.key = key};
    return &list->tags[list->tag_count++];
}

static inline bool is_all_zero(const uint8_t *at, size_t length) {
    uint8_t bits = 0;
    for (size_t each = 0; each < length; each++) bits |= at[each];
    return bits == 0;
}

/* An id of up to `length` bytes, padded on the left. */
static inline bool set_id(uint8_t *id, size_t length, struct slice bytes) {
    if (bytes.length > length) return false;
    memset(id, 0, length - bytes.length);
    if (bytes.length) memcpy(id + length - bytes.length, bytes.at, bytes.length);
    return true;
}

/* What is checked of a span when it is whole: its ids, and that nobody is their own parent. */
static inline bool is_good_span(struct zipkin_span *span) {
    if (is_all_zero(span->trace_id, 16) || is_all_zero(span->span_id, 8)) return false;
    if (is_all_zero(span->parent_id, 8) || memcmp(span->parent_id, span->span_id, 8) == 0) span->has_parent = false;
    return span->timestamp_us <= MAX_MICROSECONDS && span->duration_us <= MAX_MICROSECONDS;
}

#endif
