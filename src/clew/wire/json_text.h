/* A strict reader of JSON for the compiled translations: what it isn't certain of, it leaves to Python.
 *
 * Whoever reads need not look at every step: a reader that failed stays at the end and says so in `is_odd`.
 */
#ifndef CLEW_JSON_TEXT_H
#define CLEW_JSON_TEXT_H

#include "otlp_build.h"

struct json {
    const uint8_t *at, *end;
    bool is_odd;
    uint8_t **texts; /* where texts with escapes are written anew; room for the whole body, made when it is needed */
    size_t *text_length;
    size_t body_length;
};

static inline bool give_up(struct json *json) {
    json->is_odd = true;
    json->at = json->end;
    return false;
}

static inline void skip_space(struct json *json) {
    while (json->at < json->end && (*json->at == ' ' || *json->at == '\n' || *json->at == '\r' || *json->at == '\t'))
        json->at++;
}

/* Is this the next character that isn't space? It is gone then. */
static inline bool json_takes(struct json *json, uint8_t character) {
    skip_space(json);
    if (json->at == json->end || *json->at != character) return false;
    json->at++;
    return true;
}

static inline void json_expect(struct json *json, uint8_t character) {
    if (!json_takes(json, character)) give_up(json);
}

static inline bool json_takes_word(struct json *json, struct slice word) {
    skip_space(json);
    if ((size_t)(json->end - json->at) < word.length || memcmp(json->at, word.at, word.length) != 0) return false;
    json->at += word.length;
    return true;
}

static inline bool json_takes_null(struct json *json) { return json_takes_word(json, LITERAL("null")); }

static inline unsigned hex_digit(uint8_t character) {
    if (character >= '0' && character <= '9') return character - '0';
    if (character >= 'a' && character <= 'f') return character - 'a' + 10u;
    if (character >= 'A' && character <= 'F') return character - 'A' + 10u;
    return 16;
}

/* Four hex digits; more than 0xffff when they aren't. */
static inline uint32_t json_unit(struct json *json) {
    uint32_t unit = 0;
    if (json->end - json->at < 4) return UINT32_MAX;
    for (unsigned each = 0; each < 4; each++) {
        unsigned digit = hex_digit(*json->at++);
        if (digit > 15) return UINT32_MAX;
        unit = unit << 4 | digit;
    }
    return unit;
}

static inline uint8_t *put_character(uint8_t *to, uint32_t character) {
    if (character < 0x80) {
        *to++ = (uint8_t)character;
    } else if (character < 0x800) {
        *to++ = (uint8_t)(0xc0 | character >> 6);
        *to++ = (uint8_t)(0x80 | (character & 63));
    } else if (character < 0x10000) {
        *to++ = (uint8_t)(0xe0 | character >> 12);
        *to++ = (uint8_t)(0x80 | (character >> 6 & 63));
        *to++ = (uint8_t)(0x80 | (character & 63));
    } else {
        *to++ = (uint8_t)(0xf0 | character >> 18);
        *to++ = (uint8_t)(0x80 | (character >> 12 & 63));
        *to++ = (uint8_t)(0x80 | (character >> 6 & 63));
        *to++ = (uint8_t)(0x80 | (character & 63));
    }
    return to;
}

/* After `\u`: one unit, or two that make one character; half a character is for Python. NULL when it isn't one. */
static inline uint8_t *json_escaped_unit(struct json *json, uint8_t *to) {
    uint32_t unit = json_unit(json);
    if (unit > 0xffff || (unit >= 0xdc00 && unit <= 0xdfff)) return NULL;
    if (unit < 0xd800 || unit > 0xdbff) return put_character(to, unit);
    if (json->end - json->at < 6 || json->at[0] != '\\' || json->at[1] != 'u') return NULL;
    json->at += 2;
    uint32_t low = json_unit(json);
    if (low < 0xdc00 || low > 0xdfff) return NULL;
    return put_character(to, 0x10000 + ((unit - 0xd800) << 10 | (low - 0xdc00)));
}

static inline uint8_t *json_escape(struct json *json, uint8_t *to) {
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (json->at == json->end) return NULL;
    uint8_t name = *json->at++;
    if (name == 'u') return json_escaped_unit(json, to);
    const char *found = name ? strchr(names, name) : NULL;
    if (found == NULL) return NULL;
    *to++ = (uint8_t)values[found - names];
    return to;
}

/* The rest of a text that has escapes, from `start` on; written anew it is never longer than in the body. */
static inline struct slice json_text_with_escapes(struct json *json, const uint8_t *start) {
    struct slice none = {0};
    if (*json->texts == NULL) *json->texts = malloc(json->body_length);
    if (*json->texts == NULL) return give_up(json), none;
    uint8_t *begin = *json->texts + *json->text_length, *to = begin;
    memcpy(to, start, (size_t)(json->at - start));
    to += json->at - start;
    while (json->at < json->end && *json->at >= 0x20 && *json->at != '"') {
        if (*json->at != '\\') {
            *to++ = *json->at++;
            continue;
        }
        json->at++;
        uint8_t *past = json_escape(json, to);
        if (past == NULL) return give_up(json), none;
        to = past;
    }
    if (json->at == json->end || *json->at != '"') return give_up(json), none;
    json->at++;
    *json->text_length += (size_t)(to - begin);
    return (struct slice){begin, (size_t)(to - begin)};
}

/* Any byte of the word that ends or changes a text: a quote, a backslash, a control character. */
static inline bool has_special(uint64_t word) {
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t quote = word ^ ones * '"', slash = word ^ ones * '\\';
    uint64_t found = ((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash);
    return (found & highs) != 0;
}

/* A string. The body is UTF-8 as a whole, and so is each text in it. */
static inline struct slice json_text(struct json *json) {
    struct slice none = {0};
    if (!json_takes(json, '"')) return give_up(json), none;
    const uint8_t *start = json->at;
    while (json->end - json->at >= 8 && !has_special(load_64(json->at))) json->at += 8;
    while (json->at < json->end && *json->at >= 0x20 && *json->at != '"' && *json->at != '\\') json->at++;
    if (json->at == json->end || *json->at < 0x20) return give_up(json), none;
    if (*json->at == '\\') return json_text_with_escapes(json, start);
    return (struct slice){start, (size_t)(json->at++ - start)};
}

/* A string, or no text for null. */
static inline struct slice json_text_or_null(struct json *json) {
    if (json_takes_null(json)) return (struct slice){0};
    return json_text(json);
}

/* A whole number up to `most`, in its plain form. */
static inline uint64_t json_number(struct json *json, uint64_t most) {
    uint64_t value = 0;
    skip_space(json);
    const uint8_t *start = json->at;
    while (json->at < json->end && *json->at >= '0' && *json->at <= '9' && json->at - start < 19)
        value = value * 10 + (uint64_t)(*json->at++ - '0');
    bool is_plain = json->at > start && (*start != '0' || json->at - start == 1);
    bool goes_on = json->at < json->end && strchr("0123456789.eE+-", *json->at) && *json->at;
    if (!is_plain || goes_on || value > most) give_up(json);
    return json->is_odd ? 0 : value;
}

static inline uint64_t json_number_or_null(struct json *json, uint64_t most) {
    return json_takes_null(json) ? 0 : json_number(json, most);
}

static inline bool json_bool_or_null(struct json *json) {
    if (json_takes_word(json, LITERAL("true"))) return true;
    if (!json_takes_word(json, LITERAL("false")) && !json_takes_null(json)) give_up(json);
    return false;
}

/* In a loop after `{` or `[`: is there one more member or element? `is_first` is for the comma. */
static inline bool json_goes_on(struct json *json, uint8_t closing, bool *is_first) {
    if (json->is_odd || json_takes(json, closing)) return false;
    if (!*is_first) json_expect(json, ',');
    *is_first = false;
    return !json->is_odd;
}

static inline struct slice json_name(struct json *json) {
    struct slice name = json_text(json);
    json_expect(json, ':');
    return name;
}

#endif
