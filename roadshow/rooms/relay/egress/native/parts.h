/* What the C files share and Python does not see. Everything here is hidden in the compiled module. */
#ifndef FAN_PARTS_H
#define FAN_PARTS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "cipher.h"
#include "fan.h"

#define LANES 16
#define TAG 16
#define MIN_HEADER 12
#define MAX_PACKET 1500
#define MAX_SEGMENTS 64
#define MAX_BURST 65000
#define FAN_SLOTS 16
#define WAIT_MS 2 /* in one call, for a full send buffer to drain; then packets are dropped */

typedef struct {
    uint64_t stream;
    int64_t shift;
    int64_t roc;
    int64_t first;
    uint32_t timestamp;
    uint16_t picture;
    uint8_t tl0;
} leg_t;

struct fan_peer {
    EVP_CIPHER_CTX *cipher;
    uint8_t salt[12];
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } to;
    socklen_t to_size;
    uint8_t from[16]; /* our address it is sent from */
    uint8_t from_size; /* 4 or 16; 0: the kernel chooses */
    fan_crowd *crowd;
    size_t place;
    fan_line *line; /* NULL: its packets have no transport-wide numbers */
    leg_t legs[LANES];
};

struct fan_crowd {
    fan_peer **members;
    size_t size, room;
};

/* The packets of one peer that go to the kernel in one call. */
typedef struct {
    uint8_t bytes[MAX_BURST + MAX_PACKET + TAG];
    size_t used, segment, count;
    int ended; /* a shorter one came: nothing may follow */
} batch_t;

/* seal.c */

/* Whether a packet of this size and header can be encrypted at all. */
int sound(size_t size, size_t header);
/* Encrypts in place (RFC 7714, section 8); there is room for the tag. Whether it worked. */
int seal(fan_peer *peer, uint8_t *packet, size_t size, size_t header, uint32_t roc);

/* line.c */

/* The packet leaves: put its transport-wide number in, where it has one. The clock is read once: *now is 0 before. */
void stamp(fan_peer *peer, uint8_t *packet, size_t total, uint16_t wide_at, uint64_t *now);

/* A packet will leave soon. */
void foresee_line(const fan_line *line);

/* send.c */

void clear(batch_t *batch);
/* One system call, waiting a little for room. 0 or an errno. */
int transmit(int socket, struct msghdr *message, int *patience);
/* What the batch holds goes to the kernel; then it is empty. */
void flush(fan_peer *peer, batch_t *batch, int socket, int *gso, int *patience, fan_result *result);

#endif
