/* Tells the halves of calls apart that share an id: zipkin_shared.py, which has the rules. */
#ifndef CLEW_ZIPKIN_SHARED_H
#define CLEW_ZIPKIN_SHARED_H

#include "sip_hash.h"
#include "zipkin_spans.h"

/* Longer chains are made, not met: they are for Python. */
#define MAX_PROBES 64

/* Spans by trace and span id; a place holds the number of a span plus one. */
struct id_table {
    uint32_t *places;
    size_t mask;
};

static inline struct slice slice_of(const uint8_t *at, size_t length) { return (struct slice){at, length}; }

static inline bool open_table(struct id_table *table, size_t spans) {
    size_t size = 16;
    while (size < 2 * spans) size *= 2;
    table->places = calloc(size, sizeof *table->places);
    table->mask = size - 1;
    return table->places != NULL;
}

static inline bool is_of(const struct zipkin_span *span, const uint8_t *trace_id, const uint8_t *span_id) {
    return memcmp(span->span_id, span_id, 8) == 0 && memcmp(span->trace_id, trace_id, 16) == 0;
}

/* Where the span with these ids (and service, unless NULL) is, or could be put; NULL after too many others. */
static inline uint32_t *find_place(const struct id_table *table, const struct span_list *list, const uint8_t *trace_id,
                                   const uint8_t *span_id, const struct slice *service) {
    size_t at = sip_hash_64(slice_of(trace_id, 16), slice_of(span_id, 8));
    for (unsigned probes = 0; probes < MAX_PROBES; probes++, at++) {
        uint32_t *place = &table->places[at & table->mask];
        if (*place == 0) return place;
        const struct zipkin_span *span = &list->spans[*place - 1];
        if (is_of(span, trace_id, span_id) && (!service || is_same(span->local.service, *service))) return place;
    }
    return NULL;
}

static inline bool mark_halves(struct span_list *list, struct id_table *clients, bool *has_halves) {
    for (size_t each = 0; each < list->span_count; each++) {
        struct zipkin_span *span = &list->spans[each];
        if (span->kind != CLIENT) continue;
        uint32_t *place = find_place(clients, list, span->trace_id, span->span_id, NULL);
        if (place == NULL) return false;
        *place = (uint32_t)each + 1;
    }
    for (size_t each = 0; each < list->span_count; each++) {
        struct zipkin_span *span = &list->spans[each];
        span->is_half = span->is_shared && span->kind != CLIENT;
        if (!span->is_shared && span->kind == SERVER) {
            uint32_t *place = find_place(clients, list, span->trace_id, span->span_id, NULL);
            if (place == NULL) return false;
            span->is_half = *place != 0;
        }
        *has_halves |= span->is_half;
    }
    return true;
}

static inline bool collect_halves(struct span_list *list, struct id_table *halves) {
    for (size_t each = 0; each < list->span_count; each++) {
        struct zipkin_span *span = &list->spans[each];
        if (!span->is_half) continue;
        uint32_t *place = find_place(halves, list, span->trace_id, span->span_id, &span->local.service);
        if (place == NULL) return false;
        *place = (uint32_t)each + 1;
    }
    return true;
}

static inline void write_half_id(uint8_t *id, const struct zipkin_span *half) {
    uint64_t hash = sip_hash_64(slice_of(half->span_id, 8), half->local.service);
    if (hash == 0) hash = 1;
    for (unsigned each = 0; each < 8; each++) id[each] = (uint8_t)(hash >> (56 - 8 * each));
}

/* Before the halves move: the table finds them by the id that they share. */
static inline bool move_children(struct span_list *list, struct id_table *halves) {
    for (size_t each = 0; each < list->span_count; each++) {
        struct zipkin_span *span = &list->spans[each];
        if (span->is_half || !span->has_parent) continue;
        uint32_t *place = find_place(halves, list, span->trace_id, span->parent_id, &span->local.service);
        if (place == NULL) return false;
        if (*place) write_half_id(span->parent_id, &list->spans[*place - 1]);
    }
    return true;
}

static inline void move_halves(struct span_list *list) {
    for (size_t each = 0; each < list->span_count; each++) {
        struct zipkin_span *span = &list->spans[each];
        if (!span->is_half) continue;
        span->has_joined_parent = span->has_parent;
        memcpy(span->joined_parent_id, span->parent_id, 8);
        uint8_t id[8];
        write_half_id(id, span);
        memcpy(span->parent_id, span->span_id, 8);
        memcpy(span->span_id, id, 8);
        span->has_parent = true;
    }
}

static inline bool may_have_halves(const struct span_list *list) {
    bool has_shared = false, has_client = false, has_server = false;
    for (size_t each = 0; each < list->span_count; each++) {
        has_shared |= list->spans[each].is_shared;
        has_client |= list->spans[each].kind == CLIENT;
        has_server |= list->spans[each].kind == SERVER;
    }
    return has_shared || (has_client && has_server);
}

/* False: don't know. */
static inline bool separate_halves(struct span_list *list) {
    if (!may_have_halves(list)) return true;
    struct id_table clients = {0}, halves = {0};
    bool has_halves = false;
    bool is_done = open_table(&clients, list->span_count) && mark_halves(list, &clients, &has_halves);
    if (is_done && has_halves) {
        is_done = open_table(&halves, list->span_count) && collect_halves(list, &halves) && move_children(list, &halves);
        if (is_done) move_halves(list);
    }
    free(clients.places);
    free(halves.places);
    return is_done;
}

#endif
