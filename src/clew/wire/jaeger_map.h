/* Jaeger's spans as OTLP: what jaeger_to_otlp.py and jaeger_tags.py do, for the two readers of Jaeger's formats.
 * A reader fills in `struct span`, whose arrays are used again for the next one, and gives it to add_span; a false
 * answer anywhere means "don't know".
 */
#ifndef CLEW_JAEGER_MAP_H
#define CLEW_JAEGER_MAP_H

#include "otlp_build.h"

enum value_kind { VALUE_TEXT, VALUE_BOOL, VALUE_INT, VALUE_DOUBLE, VALUE_BYTES };

enum meaning {
    MEANS_KIND,
    MEANS_ERROR,
    MEANS_TRACE_STATE,
    MEANS_STATUS_CODE,
    MEANS_STATUS_DESCRIPTION,
    MEANS_HTTP_CODE,
    MEANS_HTTP_MESSAGE,
    MEANS_SCOPE_NAME,
    MEANS_SCOPE_VERSION,
    MEANS_LIBRARY_NAME,
    MEANS_LIBRARY_VERSION,
    MEANS_DROPPED_ATTRIBUTES,
    MEANS_DROPPED_EVENTS,
    MEANS_DROPPED_LINKS,
    MEANINGS
};

enum { KIND_INTERNAL = 1, KIND_SERVER, KIND_CLIENT, KIND_PRODUCER, KIND_CONSUMER };
enum { CODE_UNSET, CODE_OK, CODE_ERROR };
enum { CHILD_OF, FOLLOWS_FROM };
enum { FLAG_SAMPLED = 1, FLAG_DEBUG = 2 };

struct tag {
    struct slice key;
    struct slice content; /* of text and bytes */
    uint64_t number;      /* of all others: their bits */
    enum value_kind kind;
    bool is_used; /* a field of OTLP has it */
};

struct tags {
    struct tag *at;
    size_t count, capacity;
};

struct reference {
    int64_t kind;
    uint8_t trace_id[16], span_id[8];
};

struct log {
    uint64_t time_ns;
    size_t first_field, field_count; /* in the fields of the span */
};

struct span {
    uint8_t trace_id[16], span_id[8], parent_id[8];
    bool is_incomplete;
    int64_t flags;
    uint64_t start_ns, end_ns;
    struct slice name, process_id;
    struct tags tags, fields;
    struct log *logs;
    struct reference *references;
    struct slice *warnings;
    size_t log_count, log_capacity, reference_count, reference_capacity, warning_count, warning_capacity;
};

/* More than these in one batch: the reference does it. */
#define MAX_SCOPES 64

struct scope {
    struct slice name, version;
    struct output spans;
};

struct batch {
    struct span span;
    struct tags process_tags;
    bool has_process;
    struct output resource;
    size_t scope_count;
    struct scope scopes[MAX_SCOPES];
};

/* The array with room for one more, or NULL. */
static inline void *with_room(void *items, size_t count, size_t *capacity, size_t item_bytes) {
    if (count < *capacity) return items;
    size_t wanted = *capacity ? *capacity * 2 : 16;
    void *grown = realloc(items, wanted * item_bytes);
    if (grown != NULL) *capacity = wanted;
    return grown;
}

#define NEXT_ITEM(type, items, count, capacity)                                         \
    ({                                                                                  \
        type *grown_ = with_room((items), (count), &(capacity), sizeof(type));          \
        if (grown_ != NULL) {                                                           \
            (items) = grown_;                                                           \
            grown_ += (count)++;                                                        \
            *grown_ = (type){0};                                                        \
        }                                                                               \
        grown_;                                                                         \
    })

static inline struct tag *next_tag(struct tags *tags) {
    return NEXT_ITEM(struct tag, tags->at, tags->count, tags->capacity);
}

static inline void clear_span(struct span *span) {
    struct span kept = *span;
    *span = (struct span){0};
    span->tags = kept.tags;
    span->fields = kept.fields;
    span->tags.count = span->fields.count = 0;
    span->logs = kept.logs;
    span->references = kept.references;
    span->warnings = kept.warnings;
    span->log_capacity = kept.log_capacity;
    span->reference_capacity = kept.reference_capacity;
    span->warning_capacity = kept.warning_capacity;
}

static inline void free_batch(struct batch *batch) {
    free(batch->span.tags.at);
    free(batch->span.fields.at);
    free(batch->span.logs);
    free(batch->span.references);
    free(batch->span.warnings);
    free(batch->process_tags.at);
    free_output(&batch->resource);
    for (size_t each = 0; each < batch->scope_count; each++) free_output(&batch->scopes[each].spans);
}

static inline bool is_zero_id(const uint8_t *id) { return load_64(id) == 0; }

static inline bool is_literal(struct slice text, const char *literal, size_t length) {
    return text.length == length && memcmp(text.at, literal, length) == 0;
}

#define IS(text, literal) is_literal((text), (literal), sizeof(literal) - 1)

static inline bool has_text(const struct tag *tag) { return tag->kind == VALUE_TEXT && tag->content.length > 0; }

static inline int span_kind_of(const struct tag *tag) {
    if (tag->kind != VALUE_TEXT) return 0;
    if (IS(tag->content, "server")) return KIND_SERVER;
    if (IS(tag->content, "client")) return KIND_CLIENT;
    if (IS(tag->content, "internal")) return KIND_INTERNAL;
    if (IS(tag->content, "producer")) return KIND_PRODUCER;
    return IS(tag->content, "consumer") ? KIND_CONSUMER : 0;
}

static inline bool is_caseless(struct slice text, const char *upper, size_t length) {
    if (text.length != length) return false;
    for (size_t each = 0; each < length; each++) {
        uint8_t byte = text.at[each];
        if ((byte >= 'a' && byte <= 'z' ? byte - 32 : byte) != upper[each]) return false;
    }
    return true;
}

static inline int status_code_of(const struct tag *tag) {
    if (tag->kind != VALUE_TEXT) return CODE_UNSET;
    if (is_caseless(tag->content, "OK", 2)) return CODE_OK;
    return is_caseless(tag->content, "ERROR", 5) ? CODE_ERROR : CODE_UNSET;
}

static inline bool says_error(const struct tag *tag) {
    if (tag->kind == VALUE_BOOL) return tag->number != 0;
    return tag->kind == VALUE_TEXT && IS(tag->content, "true");
}

/* A whole number, or text of at most nine digits. */
static inline bool read_http_code(const struct tag *tag, int64_t *code) {
    if (tag->kind == VALUE_INT) {
        *code = (int64_t)tag->number;
        return true;
    }
    if (!has_text(tag) || tag->content.length > 9) return false;
    *code = 0;
    for (size_t each = 0; each < tag->content.length; each++) {
        uint8_t byte = tag->content.at[each];
        if (byte < '0' || byte > '9') return false;
        *code = *code * 10 + (byte - '0');
    }
    return true;
}

static inline bool is_count(const struct tag *tag) {
    return tag->kind == VALUE_INT && tag->number >= 1 && tag->number <= UINT32_MAX;
}

/* What the tag says for a field of OTLP; MEANINGS when its key, its type or its value is another. */
static inline enum meaning meaning_of(const struct tag *tag) {
    int64_t code;
    switch (tag->key.length) {
    case 5:
        return IS(tag->key, "error") && says_error(tag) ? MEANS_ERROR : MEANINGS;
    case 9:
        return IS(tag->key, "span.kind") && span_kind_of(tag) ? MEANS_KIND : MEANINGS;
    case 14:
        return IS(tag->key, "w3c.tracestate") && has_text(tag) ? MEANS_TRACE_STATE : MEANINGS;
    case 15:
        return IS(tag->key, "otel.scope.name") && has_text(tag) ? MEANS_SCOPE_NAME : MEANINGS;
    case 16:
        if (IS(tag->key, "http.status_code")) return read_http_code(tag, &code) ? MEANS_HTTP_CODE : MEANINGS;
        return IS(tag->key, "otel.status_code") && status_code_of(tag) ? MEANS_STATUS_CODE : MEANINGS;
    case 17:
        return IS(tag->key, "otel.library.name") && has_text(tag) ? MEANS_LIBRARY_NAME : MEANINGS;
    case 18:
        return IS(tag->key, "otel.scope.version") && has_text(tag) ? MEANS_SCOPE_VERSION : MEANINGS;
    case 19:
        return IS(tag->key, "http.status_message") && has_text(tag) ? MEANS_HTTP_MESSAGE : MEANINGS;
    case 20:
        return IS(tag->key, "otel.library.version") && has_text(tag) ? MEANS_LIBRARY_VERSION : MEANINGS;
    case 23:
        return IS(tag->key, "otel.status_description") && has_text(tag) ? MEANS_STATUS_DESCRIPTION : MEANINGS;
    case 24:
        return IS(tag->key, "otel.dropped_links_count") && is_count(tag) ? MEANS_DROPPED_LINKS : MEANINGS;
    case 25:
        return IS(tag->key, "otel.dropped_events_count") && is_count(tag) ? MEANS_DROPPED_EVENTS : MEANINGS;
    case 29:
        return IS(tag->key, "otel.dropped_attributes_count") && is_count(tag) ? MEANS_DROPPED_ATTRIBUTES : MEANINGS;
    default:
        return MEANINGS;
    }
}

/* The first tag of each meaning, or NULL. */
struct meanings {
    struct tag *first[MEANINGS];
};

static inline struct meanings find_meanings(struct tags *tags) {
    struct meanings found = {{NULL}};
    for (size_t each = 0; each < tags->count; each++) {
        enum meaning meaning = meaning_of(&tags->at[each]);
        if (meaning != MEANINGS && found.first[meaning] == NULL) found.first[meaning] = &tags->at[each];
    }
    return found;
}

static inline struct slice text_of(const struct meanings *found, enum meaning meaning) {
    return found->first[meaning] ? found->first[meaning]->content : (struct slice){NULL, 0};
}

static inline struct slice take_text(struct meanings *found, enum meaning meaning) {
    if (found->first[meaning]) found->first[meaning]->is_used = true;
    return text_of(found, meaning);
}

static inline uint64_t take_count(struct meanings *found, enum meaning meaning) {
    if (found->first[meaning] == NULL) return 0;
    found->first[meaning]->is_used = true;
    return found->first[meaning]->number;
}

static inline int take_kind(struct meanings *found) {
    struct tag *tag = found->first[MEANS_KIND];
    if (tag == NULL) return 0;
    tag->is_used = true;
    return span_kind_of(tag);
}

static inline struct slice take_scope_part(struct meanings *found, enum meaning preferred, enum meaning older) {
    struct slice value = take_text(found, preferred), other = text_of(found, older);
    if (value.length == 0) value = other;
    if (value.length > 0 && is_same(value, other)) take_text(found, older);
    return value;
}

static inline bool is_failed_http(const struct meanings *found, int kind) {
    int64_t code;
    const struct tag *tag = found->first[MEANS_HTTP_CODE];
    if (tag == NULL || !read_http_code(tag, &code)) return false;
    if (code >= 400 && code < 500 && kind == KIND_SERVER) return false;
    return code < 100 || code >= 400;
}

struct status {
    int code;
    struct slice message;
};

static inline struct status take_status(struct meanings *found, int kind) {
    struct status status = {CODE_UNSET, {NULL, 0}};
    struct tag *error = found->first[MEANS_ERROR], *code = found->first[MEANS_STATUS_CODE];
    if (error) {
        status.code = CODE_ERROR;
        if (error->kind == VALUE_BOOL) error->is_used = true;
        if (code && status_code_of(code) == CODE_ERROR) code->is_used = true;
        status.message = take_text(found, MEANS_STATUS_DESCRIPTION);
        if (status.message.length == 0) status.message = text_of(found, MEANS_HTTP_MESSAGE);
    } else if (code) {
        status.code = status_code_of(code);
        code->is_used = true;
        status.message = take_text(found, MEANS_STATUS_DESCRIPTION);
    } else if (is_failed_http(found, kind)) {
        status.code = CODE_ERROR;
        status.message = text_of(found, MEANS_HTTP_MESSAGE);
    }
    return status;
}

static inline void write_attribute(struct output *out, unsigned number, struct slice key, const struct tag *tag) {
    switch (tag->kind) {
    case VALUE_TEXT:
        write_text_attribute(out, number, key, tag->content);
        break;
    case VALUE_BOOL:
        write_bool_attribute(out, number, key, tag->number != 0);
        break;
    case VALUE_INT:
        write_int_attribute(out, number, key, (int64_t)tag->number);
        break;
    case VALUE_DOUBLE:
        write_double_attribute(out, number, key, tag->number);
        break;
    case VALUE_BYTES:
        write_bytes_attribute(out, number, key, tag->content);
        break;
    }
}

/* OpenTelemetry's exporters write the name of the service as a tag as well. */
static inline bool is_service_again(const struct tag *tag, struct slice service_name) {
    return service_name.length && IS(tag->key, "service.name") && tag->kind == VALUE_TEXT &&
           tag->content.length == service_name.length &&
           memcmp(tag->content.at, service_name.at, service_name.length) == 0;
}

static inline void write_process(struct output *out, struct slice service_name, const struct tags *tags) {
    bool has_host = false;
    for (size_t each = 0; each < tags->count; each++) has_host |= IS(tags->at[each].key, "host.name");
    if (service_name.length) write_text_attribute(out, 1, LITERAL("service.name"), service_name);
    for (size_t each = 0; each < tags->count; each++) {
        const struct tag *tag = &tags->at[each];
        if (is_service_again(tag, service_name)) continue;
        bool is_host = !has_host && IS(tag->key, "hostname");
        write_attribute(out, 1, is_host ? LITERAL("host.name") : tag->key, tag);
    }
}

static inline bool is_own(const struct span *span, const struct reference *reference) {
    return memcmp(reference->trace_id, span->trace_id, 16) == 0 && !is_zero_id(reference->span_id);
}

/* The reference that says the parent, or NULL; sets the parent's id when the span has none. */
static inline const struct reference *find_parent(struct span *span) {
    bool has_parent = !is_zero_id(span->parent_id);
    const struct reference *follows = NULL;
    for (size_t each = 0; each < span->reference_count; each++) {
        const struct reference *reference = &span->references[each];
        if (!is_own(span, reference)) continue;
        if (reference->kind == CHILD_OF && (!has_parent || memcmp(reference->span_id, span->parent_id, 8) == 0)) {
            memcpy(span->parent_id, reference->span_id, 8);
            return reference;
        }
        if (reference->kind == FOLLOWS_FROM && follows == NULL) follows = reference;
    }
    if (has_parent || follows == NULL) return NULL;
    memcpy(span->parent_id, follows->span_id, 8);
    return follows;
}

static inline void write_links(struct output *out, const struct span *span, const struct reference *parent) {
    for (size_t each = 0; each < span->reference_count; each++) {
        const struct reference *reference = &span->references[each];
        if (reference == parent && reference->kind == CHILD_OF) continue;
        struct slice kind = reference->kind == CHILD_OF ? LITERAL("child_of") : LITERAL("follows_from");
        struct open_message link = open_message(out, 13, 1);
        write_bytes(out, 1, (struct slice){reference->trace_id, 16});
        write_bytes(out, 2, (struct slice){reference->span_id, 8});
        write_text_attribute(out, 4, LITERAL("opentracing.ref_type"), kind);
        close_message(out, link);
    }
}

static inline const struct tag *first_text(const struct tag *fields, size_t count, const char *key, size_t length) {
    for (size_t each = 0; each < count; each++) {
        if (is_literal(fields[each].key, key, length) && has_text(&fields[each])) return &fields[each];
    }
    return NULL;
}

static inline void write_event(struct output *out, const struct log *log, const struct tag *fields) {
    const struct tag *event = first_text(fields, log->field_count, "event", 5);
    const struct tag *name = event ? event : first_text(fields, log->field_count, "message", 7);
    struct open_message opened = open_message(out, 11, 1);
    if (log->time_ns) write_fixed64(out, 1, log->time_ns);
    if (name) write_bytes(out, 2, name->content);
    for (size_t each = 0; each < log->field_count; each++) {
        if (&fields[each] != event) write_attribute(out, 3, fields[each].key, &fields[each]);
    }
    close_message(out, opened);
}

static inline void write_warnings(struct output *out, const struct span *span) {
    if (span->warning_count == 0) return;
    struct open_message attribute = open_message(out, 9, 1);
    write_bytes(out, 1, LITERAL("jaeger.warnings"));
    struct open_message value = open_message(out, 2, 1), array = open_message(out, 5, 1);
    for (size_t each = 0; each < span->warning_count; each++) {
        struct open_message item = open_message(out, 1, 1);
        write_bytes(out, 1, span->warnings[each]);
        close_message(out, item);
    }
    close_message(out, array);
    close_message(out, value);
    close_message(out, attribute);
}

static inline void write_attributes(struct output *out, const struct span *span) {
    for (size_t each = 0; each < span->tags.count; each++) {
        const struct tag *tag = &span->tags.at[each];
        if (!tag->is_used) write_attribute(out, 9, tag->key, tag);
    }
    if (span->flags & FLAG_DEBUG) write_bool_attribute(out, 9, LITERAL("jaeger.debug"), true);
    if (span->flags & ~(int64_t)(FLAG_SAMPLED | FLAG_DEBUG)) {
        write_int_attribute(out, 9, LITERAL("jaeger.flags"), span->flags);
    }
    if (span->is_incomplete) write_bool_attribute(out, 9, LITERAL("jaeger.incomplete"), true);
    if (span->process_id.length) write_text_attribute(out, 9, LITERAL("jaeger.process_id"), span->process_id);
    write_warnings(out, span);
}

static inline void write_status(struct output *out, struct status status) {
    if (status.code == CODE_UNSET) return;
    struct open_message opened = open_message(out, 15, 1);
    if (status.message.length) write_bytes(out, 2, status.message);
    write_number(out, 3, (uint64_t)status.code);
    close_message(out, opened);
}

static inline void write_head(struct output *out, const struct span *span, struct slice trace_state, int kind) {
    write_bytes(out, 1, (struct slice){span->trace_id, 16});
    write_bytes(out, 2, (struct slice){span->span_id, 8});
    if (trace_state.length) write_bytes(out, 3, trace_state);
    if (!is_zero_id(span->parent_id)) write_bytes(out, 4, (struct slice){span->parent_id, 8});
    if (span->name.length) write_bytes(out, 5, span->name);
    if (kind) write_number(out, 6, (uint64_t)kind);
    if (span->start_ns) write_fixed64(out, 7, span->start_ns);
    if (span->end_ns) write_fixed64(out, 8, span->end_ns);
}

static inline void write_dropped(struct output *out, unsigned number, uint64_t count) {
    if (count) write_number(out, number, count);
}

static inline void write_span(struct output *out, struct span *span, struct meanings *found) {
    const struct reference *parent = find_parent(span);
    struct slice trace_state = take_text(found, MEANS_TRACE_STATE);
    int kind = take_kind(found);
    struct status status = take_status(found, kind);
    uint64_t dropped_attributes = take_count(found, MEANS_DROPPED_ATTRIBUTES);
    uint64_t dropped_events = take_count(found, MEANS_DROPPED_EVENTS);
    uint64_t dropped_links = take_count(found, MEANS_DROPPED_LINKS);
    struct open_message opened = open_message(out, 2, 2);
    write_head(out, span, trace_state, kind);
    write_attributes(out, span);
    write_dropped(out, 10, dropped_attributes);
    for (size_t each = 0; each < span->log_count; each++) {
        write_event(out, &span->logs[each], span->fields.at + span->logs[each].first_field);
    }
    write_dropped(out, 12, dropped_events);
    write_links(out, span, parent);
    write_dropped(out, 14, dropped_links);
    write_status(out, status);
    if (span->flags & FLAG_SAMPLED) write_fixed32(out, 16, FLAG_SAMPLED);
    close_message(out, opened);
}

static inline struct scope *find_scope(struct batch *batch, struct slice name, struct slice version) {
    for (size_t each = 0; each < batch->scope_count; each++) {
        struct scope *scope = &batch->scopes[each];
        if (is_same(scope->name, name) && is_same(scope->version, version)) return scope;
    }
    if (batch->scope_count == MAX_SCOPES) return NULL;
    struct scope *scope = &batch->scopes[batch->scope_count++];
    *scope = (struct scope){name, version, {0}};
    return scope;
}

/* The span that was read last, into the group of its scope. */
static inline bool add_span(struct batch *batch) {
    struct meanings found = find_meanings(&batch->span.tags);
    struct slice name = take_scope_part(&found, MEANS_SCOPE_NAME, MEANS_LIBRARY_NAME);
    struct slice version = take_scope_part(&found, MEANS_SCOPE_VERSION, MEANS_LIBRARY_VERSION);
    struct scope *scope = find_scope(batch, name, version);
    if (scope == NULL) return false;
    write_span(&scope->spans, &batch->span, &found);
    return !scope->spans.is_broken;
}

static inline void write_scope(struct output *out, const struct scope *scope) {
    struct open_message group = open_message(out, 2, 3);
    if (scope->name.length || scope->version.length) {
        struct open_message opened = open_message(out, 1, 1);
        if (scope->name.length) write_bytes(out, 1, scope->name);
        if (scope->version.length) write_bytes(out, 2, scope->version);
        close_message(out, opened);
    }
    write_raw(out, scope->spans.start, scope->spans.length);
    close_message(out, group);
}

/* The whole request; empty when there was no span. */
static inline int finish_batch(struct batch *batch, uint8_t **bytes, size_t *count) {
    struct output out = {0};
    if (batch->resource.is_broken) return 0;
    if (batch->scope_count > 0) {
        struct open_message group = open_message(&out, 1, 3);
        if (batch->has_process) write_bytes(&out, 1, (struct slice){batch->resource.start, batch->resource.length});
        for (size_t each = 0; each < batch->scope_count; each++) write_scope(&out, &batch->scopes[each]);
        close_message(&out, group);
    }
    return finish(&out, bytes, count);
}

#endif
