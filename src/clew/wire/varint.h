/* Numbers of protobuf in their shortest form. */
#ifndef CLEW_VARINT_H
#define CLEW_VARINT_H

#include <stddef.h>
#include <stdint.h>

/* Both return the place past the number, or NULL unless it is there and in its shortest form. */
static const uint8_t *read_long_varint(const uint8_t *at, const uint8_t *end, uint64_t *value) {
    uint64_t sum = 0;
    for (unsigned shift = 0; shift < 70 && at < end; shift += 7) {
        uint8_t byte = *at++;
        if (shift == 63 && byte != 1) return NULL; /* 64 bits and no zero in front */
        sum |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = sum;
            return byte ? at : NULL;
        }
    }
    return NULL;
}

static inline const uint8_t *read_varint(const uint8_t *at, const uint8_t *end, uint64_t *value) {
    if (at < end && *at < 0x80) {
        *value = *at;
        return at + 1;
    }
    return read_long_varint(at, end, value);
}

#endif
