/* Addresses of bytes as text, written into room that is made for a whole body. */
#ifndef CLEW_ZIPKIN_ADDRESS_H
#define CLEW_ZIPKIN_ADDRESS_H

#include <arpa/inet.h>

#include "otlp_build.h"

struct address_room {
    uint8_t *at;
    struct slice read, written; /* the last address: with v1, each annotation of a span says it again */
};

/* An address of 4 bytes takes 6 in the body, with what is around it, and up to 15 as text; one of 16 takes 18 and 45. */
static inline uint8_t *make_address_room(size_t body_length) { return malloc(3 * body_length + INET6_ADDRSTRLEN); }

/* False unless there are `length` bytes, 4 or 16, or none. */
static inline bool set_address(struct slice *to, struct slice address, size_t length, struct address_room *room) {
    *to = (struct slice){0};
    if (address.length == 0) return true;
    if (address.length != length) return false;
    if (is_same(address, room->read)) {
        *to = room->written;
        return true;
    }
    int family = length == 4 ? AF_INET : AF_INET6;
    char *text = (char *)room->at;
    if (inet_ntop(family, address.at, text, length == 4 ? INET_ADDRSTRLEN : INET6_ADDRSTRLEN) == NULL) return false;
    *to = (struct slice){room->at, strlen(text)};
    room->at += to->length;
    room->read = address;
    room->written = *to;
    return true;
}

#endif
