/* Zipkin v1 spans that say one side of one service, as v2 spans: zipkin_v1.py, which has the rules. The others, which
 * become several spans, are left to it, and so are tags that aren't text.
 */
#ifndef CLEW_ZIPKIN_V1_H
#define CLEW_ZIPKIN_V1_H

#include "zipkin_otlp.h"

struct v1_note {
    uint64_t timestamp_us;
    struct slice value;
    struct endpoint endpoint;
};

struct v1_tag {
    struct slice key, value;
    bool is_true; /* the value is a boolean: with an endpoint, an address */
    struct endpoint endpoint;
};

/* What one span says; the arrays are used again for the next. */
struct v1_span {
    struct v1_note *notes;
    struct v1_tag *tags;
    size_t note_count, tag_count, note_room, tag_room;
};

static inline void free_v1(struct v1_span *v1) {
    free(v1->notes);
    free(v1->tags);
}

static inline void clear_v1(struct v1_span *v1) { v1->note_count = v1->tag_count = 0; }

static inline struct v1_note *add_v1_note(struct v1_span *v1) {
    if (!make_room((void **)&v1->notes, &v1->note_room, v1->note_count, sizeof *v1->notes)) return NULL;
    v1->notes[v1->note_count] = (struct v1_note){0};
    return &v1->notes[v1->note_count++];
}

static inline struct v1_tag *add_v1_tag(struct v1_span *v1) {
    if (!make_room((void **)&v1->tags, &v1->tag_room, v1->tag_count, sizeof *v1->tags)) return NULL;
    v1->tags[v1->tag_count] = (struct v1_tag){0};
    return &v1->tags[v1->tag_count++];
}

/* An endpoint of which nothing is known is none. */
static inline bool is_known(const struct endpoint *end) {
    return end->service.length || end->ipv4.length || end->ipv6.length || end->port;
}

static inline bool is_same_endpoint(const struct endpoint *one, const struct endpoint *other) {
    return is_same(one->service, other->service) && is_same(one->ipv4, other->ipv4) && is_same(one->ipv6, other->ipv6) &&
           one->port == other->port;
}

/* The core annotations of a side: its start and its end, and which came first. */
struct core {
    struct slice names[2];
    bool is_there[2];
    uint64_t times_us[2];
    unsigned first;
};

static inline unsigned side_of(struct slice name) {
    if (name.length != 2) return UNSPECIFIED;
    if (is_same(name, LITERAL("cs")) || is_same(name, LITERAL("cr"))) return CLIENT;
    if (is_same(name, LITERAL("sr")) || is_same(name, LITERAL("ss"))) return SERVER;
    if (is_same(name, LITERAL("ms"))) return PRODUCER;
    return is_same(name, LITERAL("mr")) ? CONSUMER : UNSPECIFIED;
}

static inline struct core core_of(unsigned kind) {
    switch (kind) {
    case CLIENT: return (struct core){.names = {LITERAL("cs"), LITERAL("cr")}};
    case SERVER: return (struct core){.names = {LITERAL("sr"), LITERAL("ss")}};
    case PRODUCER: return (struct core){.names = {LITERAL("ms"), LITERAL("ws")}};
    case CONSUMER: return (struct core){.names = {LITERAL("wr"), LITERAL("mr")}};
    default: return (struct core){0};
    }
}

static inline bool is_address(const struct v1_tag *tag) { return tag->is_true; }

/* Kind and local endpoint; false when core annotations are of several sides or services. */
static inline bool find_side(const struct v1_span *v1, struct zipkin_span *span) {
    for (size_t each = 0; each < v1->note_count; each++) {
        const struct v1_note *note = &v1->notes[each];
        unsigned side = is_known(&note->endpoint) ? side_of(note->value) : UNSPECIFIED;
        if (side == UNSPECIFIED) continue;
        if (span->kind == UNSPECIFIED) span->local = note->endpoint;
        else if (side != span->kind || !is_same(note->endpoint.service, span->local.service)) return false;
        span->kind = side;
    }
    return true;
}

static inline void find_local(const struct v1_span *v1, struct zipkin_span *span) {
    for (size_t each = 0; each < v1->note_count && !is_known(&span->local); each++)
        span->local = v1->notes[each].endpoint;
    for (size_t each = 0; each < v1->tag_count && !is_known(&span->local); each++)
        if (!is_address(&v1->tags[each])) span->local = v1->tags[each].endpoint;
}

static inline bool is_of_span(const struct endpoint *end, const struct zipkin_span *span) {
    return end->service.length == 0 || is_same(end->service, span->local.service);
}

static inline bool place_note(struct span_list *list, struct zipkin_span *span, const struct v1_note *note,
                              struct core *core) {
    if (!is_of_span(&note->endpoint, span)) return false;
    for (unsigned each = 0; each < 2 && is_known(&note->endpoint); each++) {
        if (core->names[each].length == 0 || !is_same(note->value, core->names[each]) || core->is_there[each]) continue;
        if (!core->is_there[!each]) core->first = each;
        core->is_there[each] = true;
        core->times_us[each] = note->timestamp_us;
        return true;
    }
    struct note *added = add_note(list, span);
    if (added) *added = (struct note){note->timestamp_us, note->value};
    return added != NULL;
}

enum address { CLIENT_ADDRESS, SERVER_ADDRESS, BROKER_ADDRESS, ADDRESSES };

static inline unsigned address_of_key(struct slice key) {
    if (is_same(key, LITERAL("ca"))) return CLIENT_ADDRESS;
    if (is_same(key, LITERAL("sa"))) return SERVER_ADDRESS;
    return is_same(key, LITERAL("ma")) ? BROKER_ADDRESS : ADDRESSES;
}

static inline bool place_v1_tag(struct span_list *list, struct zipkin_span *span, const struct v1_tag *tag,
                                struct endpoint *addresses) {
    if (is_address(tag)) {
        unsigned address = address_of_key(tag->key);
        if (address == ADDRESSES || !is_known(&tag->endpoint)) return false;
        addresses[address] = tag->endpoint;
        return true;
    }
    if (is_same(tag->key, LITERAL("lc")) && tag->value.length == 0) return true;
    struct tag *added = is_of_span(&tag->endpoint, span) ? add_tag(list, span, tag->key) : NULL;
    if (added) added->value = tag->value;
    return added != NULL;
}

/* Without core annotations; false when the client's address is of another service, which then has a span of its own. */
static inline bool place_addresses_alone(struct zipkin_span *span, const struct endpoint *addresses) {
    const struct endpoint *client = &addresses[CLIENT_ADDRESS], *server = &addresses[SERVER_ADDRESS];
    if (!is_known(server)) {
        if (is_known(client)) span->kind = SERVER;
        return true;
    }
    if (!is_known(&span->local)) span->local = *client;
    span->remote = *server;
    return is_of_span(client, span);
}

/* False when there is an address that belongs to no side: it becomes a tag. */
static inline bool place_addresses(struct zipkin_span *span, const struct endpoint *addresses) {
    if (span->kind == UNSPECIFIED && !place_addresses_alone(span, addresses)) return false;
    static const unsigned remote_of[] = {ADDRESSES, ADDRESSES, CLIENT_ADDRESS, SERVER_ADDRESS, BROKER_ADDRESS, BROKER_ADDRESS};
    unsigned remote = remote_of[span->kind];
    if (remote != ADDRESSES && is_known(&addresses[remote]) && !is_same_endpoint(&addresses[remote], &span->local)) {
        span->remote = addresses[remote];
        if (span->kind == SERVER && is_same(span->remote.service, span->local.service))
            span->remote.service = (struct slice){0};
    }
    for (unsigned each = 0; each < ADDRESSES; each++)
        if (each != remote && is_known(&addresses[each]) && !is_same_endpoint(&addresses[each], &span->remote) &&
            !is_same_endpoint(&addresses[each], &span->local))
            return false;
    return true;
}

static inline void mark_v1_shared(struct zipkin_span *span, const struct core *core) {
    if (span->kind != SERVER || !core->is_there[0]) return;
    span->is_shared = span->timestamp_us == 0 || (core->is_there[1] && span->duration_us == 0);
}

/* As _ROUNDING_US of zipkin_v1.py. */
static inline bool is_about(uint64_t one_us, uint64_t other_us) {
    return one_us > other_us ? one_us - other_us <= 2 : other_us - one_us <= 2;
}

static inline bool keep_core(struct span_list *list, struct zipkin_span *span, const struct core *core, unsigned which) {
    uint64_t time_us = core->times_us[which], end_us = span->timestamp_us + span->duration_us;
    if (!core->is_there[which] || is_about(time_us, span->timestamp_us) || is_about(time_us, end_us)) return true;
    struct note *kept = add_note(list, span);
    if (kept) *kept = (struct note){time_us, core->names[which]};
    return kept != NULL;
}

static inline bool place_times(struct span_list *list, struct zipkin_span *span, const struct core *core) {
    uint64_t start_us = core->times_us[0], end_us = core->times_us[1];
    if (start_us == 0 && span->kind == CONSUMER) {
        start_us = end_us;
        end_us = 0;
    }
    if (end_us && end_us < start_us) return false;
    if (start_us && (span->timestamp_us == 0 || span->duration_us == 0)) {
        span->timestamp_us = start_us;
        span->duration_us = end_us ? end_us - start_us : 0;
    }
    return keep_core(list, span, core, core->first) && keep_core(list, span, core, !core->first);
}

/* The span, whose ids, name and times are there, gets the rest. False: don't know. */
static inline bool place_v1(struct span_list *list, struct zipkin_span *span, const struct v1_span *v1) {
    struct endpoint addresses[ADDRESSES] = {0};
    if (!find_side(v1, span)) return false;
    struct core core = core_of(span->kind);
    if (span->kind == UNSPECIFIED) find_local(v1, span);
    for (size_t each = 0; each < v1->note_count; each++)
        if (!place_note(list, span, &v1->notes[each], &core)) return false;
    for (size_t each = 0; each < v1->tag_count; each++)
        if (!place_v1_tag(list, span, &v1->tags[each], addresses)) return false;
    if (!place_addresses(span, addresses)) return false;
    mark_v1_shared(span, &core);
    return place_times(list, span, &core);
}

#endif
