/* What the reader's C files share and Python does not see. Everything here is hidden in the compiled module. */
#ifndef READING_H
#define READING_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "cipher.h"
#include "fan.h"
#include "read.h"

#define MAX_DATAGRAM 1500
#define MAX_UFRAG 32     /* ours have 12 */
#define MAX_PASSWORD 64  /* ours have 36 */
#define ID 12            /* octets of a transaction id */

/* Where somebody is, as a socket tells it. */
typedef struct {
    uint8_t host[16]; /* zeros after an IPv4 address */
    uint32_t scope;
    uint16_t port;
    uint16_t size; /* 4 or 16; 0: nowhere */
} place_t;

/* ration.py: so many in windows of one second, the first of which begins with the first call. */
typedef struct {
    int64_t since;
    uint32_t taken;
} ration_t;

/* The SRTCP indices of one SSRC that were seen (RFC 3711, section 3.3.2). */
typedef struct {
    uint32_t ssrc;
    uint64_t start; /* those below are too old */
    uint64_t seen[2];
} stream_t;

typedef struct {
    uint8_t id[ID];
    place_t from;
    int64_t at;
} transaction_t;

struct read_peer {
    reader *owner;
    read_peer *next, *previous; /* of the owner's */
    read_peer *chained;         /* of its bucket */
    uint64_t tag;
    place_t at;
    EVP_CIPHER_CTX *cipher;
    uint8_t salt[12];
    uint8_t ufrag[MAX_UFRAG], password[MAX_PASSWORD];
    uint16_t ufrag_size, password_size;
    ration_t checks, feedback;
    stream_t *streams;
    uint32_t stream_count, stream_room;
    transaction_t *transactions; /* a ring, the oldest first */
    uint32_t transaction_first, transaction_count, transaction_room;
    read_life life;
    read_news news;
    fan_line *line; /* NULL: it is not measured, or not in C */
    int rests;           /* until it stirs: until stirred() is another number than it was */
    uint64_t rested_at;
};

/* A datagram and what the kernel says of it. */
typedef struct {
    const uint8_t *data;
    size_t size;
    place_t from;
    const struct sockaddr_storage *name;
    socklen_t name_size;
    int64_t at, stamp_ns;
    uint8_t to[16];
    uint8_t to_size;
    uint32_t interface;
} arrival_t;

/* reader.c */
int place_of(place_t *place, const uint8_t *host, size_t size, uint16_t port, uint32_t scope);
int same_place(const place_t *one, const place_t *other);
int within(ration_t *ration, uint32_t most, int64_t now);
const read_limits *limits_of(const read_peer *peer);

/* srtcp.c: decrypts, counts what is news. As read_peer_control. */
int control(read_peer *peer, const uint8_t *data, size_t size, int64_t at, uint8_t *plain);

/* rtcp.c: counts what is news in a compound packet. Whether there is anything else in it that calls for an act. */
int take_news(read_news *news, fan_line *line, const uint8_t *data, size_t size, int64_t at, int64_t same_ms);

/* stun.c */
enum verdict { NOT_OURS, ANSWERED, REFUSED, UNSENT };
/* A connectivity check from where the peer is: NOT_OURS hands it on. */
enum verdict check(read_peer *peer, const arrival_t *arrival, int socket, int64_t now);
int admit(read_peer *peer, const uint8_t *id, const place_t *from, int64_t now);

static inline uint16_t two(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }
static inline uint32_t four(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}
static inline void put_two(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}
static inline void put_four(uint8_t *at, uint32_t value) {
    put_two(at, value >> 16);
    put_two(at + 2, value);
}

#endif
