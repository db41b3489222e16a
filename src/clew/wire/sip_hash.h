/* SipHash-2-4 with the key zero, as sip_hash.py; of two slices as if they were one. */
#ifndef CLEW_SIP_HASH_H
#define CLEW_SIP_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "otlp_build.h"

struct sip_state {
    uint64_t a, b, c, d;
    uint64_t word; /* what came since the last whole word */
    uint64_t length;
};

static inline uint64_t rotated(uint64_t value, unsigned bits) { return value << bits | value >> (64 - bits); }

static inline void sip_round(struct sip_state *state) {
    state->a += state->b;
    state->b = rotated(state->b, 13) ^ state->a;
    state->a = rotated(state->a, 32);
    state->c += state->d;
    state->d = rotated(state->d, 16) ^ state->c;
    state->a += state->d;
    state->d = rotated(state->d, 21) ^ state->a;
    state->c += state->b;
    state->b = rotated(state->b, 17) ^ state->c;
    state->c = rotated(state->c, 32);
}

static inline void sip_word(struct sip_state *state, uint64_t word) {
    state->d ^= word;
    sip_round(state);
    sip_round(state);
    state->a ^= word;
}

static inline void sip_bytes(struct sip_state *state, struct slice bytes) {
    for (size_t each = 0; each < bytes.length; each++) {
        state->word |= (uint64_t)bytes.at[each] << 8 * (state->length++ % 8);
        if (state->length % 8) continue;
        sip_word(state, state->word);
        state->word = 0;
    }
}

static inline uint64_t sip_hash_64(struct slice first, struct slice second) {
    struct sip_state state = {0x736f6d6570736575, 0x646f72616e646f6d, 0x6c7967656e657261, 0x7465646279746573, 0, 0};
    sip_bytes(&state, first);
    sip_bytes(&state, second);
    sip_word(&state, state.word | state.length << 56);
    state.c ^= 0xff;
    for (unsigned each = 0; each < 4; each++) sip_round(&state);
    return state.a ^ state.b ^ state.c ^ state.d;
}

#endif
