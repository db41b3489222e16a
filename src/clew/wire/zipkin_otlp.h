/* Writes Zipkin's spans as OTLP: zipkin_otlp.py and zipkin_otel_tags.py, which have the rules. */
#ifndef CLEW_ZIPKIN_OTLP_H
#define CLEW_ZIPKIN_OTLP_H

#include "zipkin_shared.h"

/* More services and scopes in one list are for Python, which finds them by hash. */
#define MAX_SCOPES 64
#define NO_SPAN UINT32_MAX

enum status { STATUS_UNSET, STATUS_OK, STATUS_ERROR };

/* What tags say that OTLP has fields for. */
struct otel_fields {
    struct slice scope, version, trace_state, message;
    unsigned status, kind;
};

struct scope {
    struct slice service, name, version;
    uint32_t first, last;
};

struct writing {
    struct span_list *list;
    struct otel_fields *fields; /* of each span */
    struct scope scopes[MAX_SCOPES];
    unsigned scope_count;
    struct output out;
};

static inline struct tag *find_tag(const struct span_list *list, const struct zipkin_span *span, struct slice key) {
    for (uint32_t each = 0; each < span->tags; each++) {
        struct tag *tag = &list->tags[span->first_tag + each];
        if (!tag->is_taken && is_same(tag->key, key)) return tag;
    }
    return NULL;
}

static inline struct slice take(struct tag *tag) {
    tag->is_taken = true;
    return tag->value;
}

static inline struct slice take_scope(struct tag *newer, struct tag *older) {
    if (newer == NULL && older == NULL) return (struct slice){0};
    struct slice found = newer ? take(newer) : take(older);
    if (older && is_same(older->value, found)) older->is_taken = true;
    return found;
}

/* An error without otel.status_code: Zipkin's own, which stays a tag. */
static inline void read_error_tag(const struct tag *error, struct otel_fields *fields) {
    if (error == NULL || is_same(error->value, LITERAL("false"))) return;
    fields->status = STATUS_ERROR;
    if (!is_same(error->value, LITERAL("true"))) fields->message = error->value;
}

static inline void take_message(struct tag *error, struct tag *description, struct otel_fields *fields) {
    bool is_bare = error && (error->value.length == 0 || is_same(error->value, LITERAL("true")));
    if (description) {
        fields->message = take(description);
        if (error && (is_bare || is_same(error->value, fields->message))) error->is_taken = true;
    } else if (error) {
        error->is_taken = true;
        if (!is_bare) fields->message = error->value;
    }
}

/* The tags that exporters of OpenTelemetry write; each is NULL when it isn't there. */
struct otel_tags {
    struct tag *status, *description, *error, *scope, *version, *library, *library_version, *trace_state, *kind;
    bool is_odd; /* one that Python has to read */
};

static inline void note_otel_tag(struct otel_tags *found, struct tag *tag) {
    struct slice key = tag->key;
    if (is_same(key, LITERAL("error"))) found->error = tag;
    if (is_same(key, LITERAL("span.kind"))) found->kind = tag;
    if (is_same(key, LITERAL("w3c.tracestate"))) found->trace_state = tag;
    if (key.length < 13 || memcmp(key.at, "otel.", 5) != 0) return;
    if (is_same(key, LITERAL("otel.status_code"))) found->status = tag;
    if (is_same(key, LITERAL("otel.status_description"))) found->description = tag;
    if (is_same(key, LITERAL("otel.scope.name"))) found->scope = tag;
    if (is_same(key, LITERAL("otel.scope.version"))) found->version = tag;
    if (is_same(key, LITERAL("otel.library.name"))) found->library = tag;
    if (is_same(key, LITERAL("otel.library.version"))) found->library_version = tag;
    found->is_odd |= memcmp(key.at, "otel.dropped_", 13) == 0;
}

static inline bool take_otel_tags(struct span_list *list, const struct zipkin_span *span, struct otel_fields *fields) {
    struct otel_tags found = {0};
    for (uint32_t each = 0; each < span->tags; each++) note_otel_tag(&found, &list->tags[span->first_tag + each]);
    if (found.is_odd) return false;
    *fields = (struct otel_fields){.kind = span->kind};
    if (span->kind == UNSPECIFIED && found.kind && is_same(found.kind->value, LITERAL("internal"))) {
        found.kind->is_taken = true;
        fields->kind = INTERNAL;
    }
    if (found.trace_state) fields->trace_state = take(found.trace_state);
    fields->scope = take_scope(found.scope, found.library);
    fields->version = take_scope(found.version, found.library_version);
    if (found.status == NULL) {
        read_error_tag(found.error, fields);
        return true;
    }
    bool is_ok = is_same(found.status->value, LITERAL("OK"));
    if (!is_ok && !is_same(found.status->value, LITERAL("ERROR"))) return false;
    found.status->is_taken = true;
    fields->status = is_ok ? STATUS_OK : STATUS_ERROR;
    if (!is_ok) take_message(found.error, found.description, fields);
    return true;
}

/* Might it be an event with attributes? read_event_text looks again. */
static inline bool is_odd_note(struct slice value) {
    if (value.length == 0) return false;
    if ((value.at[0] == '{' || value.at[0] == '"') && value.at[value.length - 1] == '}') return true;
    return memchr(value.at, '|', value.length) != NULL;
}

/* The scope of the span, new when it is the first of it; NULL when there are too many. */
static inline struct scope *find_scope(struct writing *writing, struct slice service, const struct otel_fields *fields) {
    for (unsigned each = 0; each < writing->scope_count; each++) {
        struct scope *scope = &writing->scopes[each];
        if (is_same(scope->service, service) && is_same(scope->name, fields->scope) &&
            is_same(scope->version, fields->version))
            return scope;
    }
    if (writing->scope_count == MAX_SCOPES) return NULL;
    struct scope *added = &writing->scopes[writing->scope_count++];
    *added = (struct scope){service, fields->scope, fields->version, NO_SPAN, NO_SPAN};
    return added;
}

static inline bool sort_by_scope(struct writing *writing) {
    struct span_list *list = writing->list;
    for (uint32_t each = 0; each < list->span_count; each++) {
        struct zipkin_span *span = &list->spans[each];
        if (!take_otel_tags(list, span, &writing->fields[each])) return false;
        struct scope *scope = find_scope(writing, span->local.service, &writing->fields[each]);
        if (scope == NULL) return false;
        span->next = NO_SPAN;
        if (scope->first == NO_SPAN) scope->first = each;
        else list->spans[scope->last].next = each;
        scope->last = each;
    }
    return true;
}

/* An attribute that Zipkin has a field for; a tag of that name goes before it. */
static inline void write_given(struct writing *writing, const struct zipkin_span *span, struct slice key,
                               struct slice other_key, struct slice text) {
    const struct tag *tag = find_tag(writing->list, span, key);
    if (tag == NULL) write_text_attribute(&writing->out, 9, key, text);
    else if (!is_same(tag->value, text)) write_text_attribute(&writing->out, 9, other_key, text);
}

static inline void write_given_number(struct writing *writing, const struct zipkin_span *span, struct slice key,
                                      struct slice other_key, uint32_t number) {
    const struct tag *tag = find_tag(writing->list, span, key);
    write_int_attribute(&writing->out, 9, tag ? other_key : key, number);
}

static inline void write_local(struct writing *writing, const struct zipkin_span *span) {
    const struct endpoint *end = &span->local;
    struct slice ip = end->ipv4.length ? end->ipv4 : end->ipv6;
    if (ip.length) write_given(writing, span, LITERAL("net.host.ip"), LITERAL("zipkin.local.ip"), ip);
    if (end->ipv4.length && end->ipv6.length)
        write_given(writing, span, LITERAL("zipkin.local.ipv6"), LITERAL("zipkin.local.ipv6"), end->ipv6);
    if (end->port)
        write_given_number(writing, span, LITERAL("net.host.port"), LITERAL("zipkin.local.port"), end->port);
}

static inline void write_remote(struct writing *writing, const struct zipkin_span *span) {
    const struct endpoint *end = &span->remote;
    struct slice ip = end->ipv4.length ? end->ipv4 : end->ipv6;
    if (end->service.length)
        write_given(writing, span, LITERAL("peer.service"), LITERAL("zipkin.remote.service"), end->service);
    if (ip.length) write_given(writing, span, LITERAL("net.peer.ip"), LITERAL("zipkin.remote.ip"), ip);
    if (end->ipv4.length && end->ipv6.length)
        write_given(writing, span, LITERAL("zipkin.remote.ipv6"), LITERAL("zipkin.remote.ipv6"), end->ipv6);
    if (end->port)
        write_given_number(writing, span, LITERAL("net.peer.port"), LITERAL("zipkin.remote.port"), end->port);
}

static inline void write_attributes(struct writing *writing, const struct zipkin_span *span) {
    struct output *out = &writing->out;
    for (uint32_t each = 0; each < span->tags; each++) {
        const struct tag *tag = &writing->list->tags[span->first_tag + each];
        if (!tag->is_taken) write_text_attribute(out, 9, tag->key, tag->value);
    }
    write_local(writing, span);
    write_remote(writing, span);
    if (span->is_debug) write_bool_attribute(out, 9, LITERAL("zipkin.debug"), true);
    if (span->is_shared) write_bool_attribute(out, 9, LITERAL("zipkin.shared"), true);
    if (span->has_joined_parent) {
        uint8_t hex[16];
        for (unsigned each = 0; each < 16; each++)
            hex[each] = (uint8_t)"0123456789abcdef"[span->joined_parent_id[each / 2] >> (each % 2 ? 0 : 4) & 15];
        write_given(writing, span, LITERAL("zipkin.parent_id"), LITERAL("zipkin.parent_id"), slice_of(hex, 16));
    }
    if (span->timestamp_us == 0)
        write_bool_attribute(out, 9, LITERAL("otel.zipkin.absentField.startTime"), true);
}

static inline bool write_events(struct writing *writing, const struct zipkin_span *span) {
    for (uint32_t each = 0; each < span->notes; each++) {
        const struct note *note = &writing->list->notes[span->first_note + each];
        if (is_odd_note(note->value)) return false;
        struct open_message event = open_message(&writing->out, 11, 1);
        if (note->timestamp_us) write_fixed64(&writing->out, 1, note->timestamp_us * 1000);
        if (note->value.length) write_bytes(&writing->out, 2, note->value);
        close_message(&writing->out, event);
    }
    return true;
}

static inline uint64_t start_of(const struct span_list *list, const struct zipkin_span *span) {
    uint64_t start_us = span->timestamp_us;
    if (start_us) return start_us;
    for (uint32_t each = 0; each < span->notes; each++) {
        uint64_t noted_us = list->notes[span->first_note + each].timestamp_us;
        if (noted_us && (start_us == 0 || noted_us < start_us)) start_us = noted_us;
    }
    return start_us;
}

static inline void write_status(struct output *out, const struct otel_fields *fields) {
    if (fields->status == STATUS_UNSET) return;
    struct open_message status = open_message(out, 15, 1);
    if (fields->message.length) write_bytes(out, 2, fields->message);
    write_number(out, 3, fields->status);
    close_message(out, status);
}

static inline bool write_span(struct writing *writing, uint32_t index) {
    const struct zipkin_span *span = &writing->list->spans[index];
    const struct otel_fields *fields = &writing->fields[index];
    struct output *out = &writing->out;
    uint64_t start_us = start_of(writing->list, span), end_us = start_us + span->duration_us;
    if (end_us > MAX_MICROSECONDS) return false;
    struct open_message open = open_message(out, 2, 2);
    write_bytes(out, 1, slice_of(span->trace_id, 16));
    write_bytes(out, 2, slice_of(span->span_id, 8));
    if (fields->trace_state.length) write_bytes(out, 3, fields->trace_state);
    if (span->has_parent) write_bytes(out, 4, slice_of(span->parent_id, 8));
    if (span->name.length) write_bytes(out, 5, span->name);
    if (fields->kind) write_number(out, 6, fields->kind);
    if (start_us) write_fixed64(out, 7, start_us * 1000);
    if (end_us) write_fixed64(out, 8, end_us * 1000);
    write_attributes(writing, span);
    if (!write_events(writing, span)) return false;
    write_status(out, fields);
    close_message(out, open);
    return true;
}

static inline bool write_scope(struct writing *writing, const struct scope *scope) {
    struct output *out = &writing->out;
    struct open_message group = open_message(out, 2, 3);
    if (scope->name.length || scope->version.length) {
        struct open_message open = open_message(out, 1, 1);
        if (scope->name.length) write_bytes(out, 1, scope->name);
        if (scope->version.length) write_bytes(out, 2, scope->version);
        close_message(out, open);
    }
    for (uint32_t each = scope->first; each != NO_SPAN; each = writing->list->spans[each].next)
        if (!write_span(writing, each)) return false;
    close_message(out, group);
    return true;
}

/* A service with all its scopes; the scopes come in the order of their first spans, and so do the services. */
static inline bool write_service(struct writing *writing, unsigned first) {
    struct output *out = &writing->out;
    struct slice service = writing->scopes[first].service;
    struct open_message group = open_message(out, 1, 3);
    if (service.length) {
        struct open_message resource = open_message(out, 1, 1);
        write_text_attribute(out, 1, LITERAL("service.name"), service);
        close_message(out, resource);
    }
    for (unsigned each = first; each < writing->scope_count; each++)
        if (is_same(writing->scopes[each].service, service) && !write_scope(writing, &writing->scopes[each])) return false;
    close_message(out, group);
    return true;
}

static inline bool is_new_service(const struct writing *writing, unsigned index) {
    for (unsigned each = 0; each < index; each++)
        if (is_same(writing->scopes[each].service, writing->scopes[index].service)) return false;
    return true;
}

static inline bool write_list(struct writing *writing) {
    if (!separate_halves(writing->list) || !sort_by_scope(writing)) return false;
    for (unsigned each = 0; each < writing->scope_count; each++)
        if (is_new_service(writing, each) && !write_service(writing, each)) return false;
    return true;
}

/* The answer of a translation: 1 and the bytes, or 0; the list is freed. */
static inline int finish_list(struct span_list *list, bool is_read, uint8_t **bytes, size_t *length) {
    struct writing writing = {.list = list};
    int answer = 0;
    if (is_read && !has_many_items(list)) {
        writing.fields = calloc(list->span_count + 1, sizeof *writing.fields);
        if (writing.fields && write_list(&writing)) answer = finish(&writing.out, bytes, length);
    }
    free_output(&writing.out);
    free(writing.fields);
    free_list(list);
    return answer;
}

#endif
