/* Is it UTF-8, as protobuf's readers want it: shortest forms, no surrogates, nothing above U+10FFFF? */
#ifndef CLEW_UTF8_H
#define CLEW_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool is_continuation(uint8_t byte) { return (byte & 0xc0) == 0x80; }

/* The length of the character at `at`, or 0: overlong, a surrogate, over U+10FFFF, cut off. */
static size_t utf8_length(const uint8_t *at, size_t left) {
    uint8_t lead = at[0];
    if (lead < 0x80) return 1;
    if (left < 2 || !is_continuation(at[1])) return 0;
    if (lead >= 0xc2 && lead <= 0xdf) return 2;
    if (left < 3 || !is_continuation(at[2])) return 0;
    if (lead >= 0xe0 && lead <= 0xef) {
        bool is_overlong = lead == 0xe0 && at[1] < 0xa0;
        bool is_surrogate = lead == 0xed && at[1] > 0x9f;
        return is_overlong || is_surrogate ? 0 : 3;
    }
    if (left < 4 || !is_continuation(at[3])) return 0;
    if (lead < 0xf0 || lead > 0xf4) return 0;
    bool is_overlong = lead == 0xf0 && at[1] < 0x90;
    bool is_too_large = lead == 0xf4 && at[1] > 0x8f;
    return is_overlong || is_too_large ? 0 : 4;
}

static bool is_utf8_slow(const uint8_t *at, const uint8_t *end) {
    while (at < end) {
        size_t length = utf8_length(at, (size_t)(end - at));
        if (length == 0) return false;
        at += length;
    }
    return true;
}

static inline uint64_t load_64(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static inline uint32_t load_32(const uint8_t *at) {
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Nearly all text is ASCII and short: whole words, the last one overlapping the one before it. */
static inline bool is_ascii(const uint8_t *at, size_t length) {
    if (length >= 8) {
        uint64_t bits = load_64(at + length - 8);
        for (size_t done = 0; done + 8 < length; done += 8) bits |= load_64(at + done);
        return (bits & 0x8080808080808080u) == 0;
    }
    if (length >= 4) return ((load_32(at) | load_32(at + length - 4)) & 0x80808080u) == 0;
    return length == 0 || ((at[0] | at[length / 2] | at[length - 1]) & 0x80) == 0;
}

static inline bool is_utf8(const uint8_t *at, size_t length) {
    return is_ascii(at, length) || is_utf8_slow(at, at + length);
}

#endif
