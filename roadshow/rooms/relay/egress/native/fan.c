/* Fan-out at the limit: rewrite, encrypt, send, for every viewer of a burst in one call.
 *
 * What comes in was authenticated and parsed in Python; still, every length is checked here before it is used.
 * SRTP with AEAD_AES_128_GCM (RFC 7714); packets of one viewer go to the kernel together (UDP_SEGMENT), which wants
 * segments of equal size but for the last one: the caller pads and orders, this code only sees to it that the rule holds.
 * Nothing here is shared between peers, so threads may serve different parts of a crowd at the same time.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#if defined(__has_include) && __has_include(<openssl/evp.h>)
#include <openssl/evp.h>
#else
/* The few functions we use, as OpenSSL 1.1 and 3 document them, for machines with the library but not its headers. */
typedef struct evp_cipher_ctx_st EVP_CIPHER_CTX;
typedef struct evp_cipher_st EVP_CIPHER;
typedef struct engine_st ENGINE;
#define EVP_CTRL_GCM_GET_TAG 0x10
EVP_CIPHER_CTX *EVP_CIPHER_CTX_new(void);
void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX *);
const EVP_CIPHER *EVP_aes_128_gcm(void);
int EVP_EncryptInit_ex(EVP_CIPHER_CTX *, const EVP_CIPHER *, ENGINE *, const unsigned char *, const unsigned char *);
int EVP_EncryptUpdate(EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *, int);
int EVP_EncryptFinal_ex(EVP_CIPHER_CTX *, unsigned char *, int *);
int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *, int, int, void *);
#endif

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#define SOL_UDP_LEVEL 17

#include "fan.h"

#define ABI 3
#define LANES 16
#define TAG 16
#define MIN_HEADER 12
#define MAX_PACKET 1500
#define MAX_SEGMENTS 64
#define MAX_BURST 65000
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
    fan_crowd *crowd;
    size_t place;
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

int fan_lanes(void) { return LANES; }
int fan_max_packet(void) { return MAX_PACKET; }
int fan_abi(void) { return ABI; }

static uint64_t thread_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* -- peers and crowds --------------------------------------------------------------------------------------------- */

fan_peer *fan_peer_new(const uint8_t *key, const uint8_t *salt) {
    fan_peer *peer = calloc(1, sizeof *peer);
    if (!peer) return NULL;
    peer->cipher = EVP_CIPHER_CTX_new();
    if (!peer->cipher || EVP_EncryptInit_ex(peer->cipher, EVP_aes_128_gcm(), NULL, key, NULL) != 1) {
        fan_peer_free(peer);
        return NULL;
    }
    memcpy(peer->salt, salt, sizeof peer->salt);
    return peer;
}

void fan_peer_free(fan_peer *peer) {
    if (!peer) return;
    fan_crowd_remove(peer);
    EVP_CIPHER_CTX_free(peer->cipher);
    free(peer);
}

int fan_peer_address(fan_peer *peer, const uint8_t *address, size_t size, uint16_t port, uint32_t flow, uint32_t scope) {
    memset(&peer->to, 0, sizeof peer->to);
    if (size == 4) {
        peer->to.v4.sin_family = AF_INET;
        peer->to.v4.sin_port = htons(port);
        memcpy(&peer->to.v4.sin_addr, address, 4);
        peer->to_size = sizeof peer->to.v4;
        return 0;
    }
    if (size == 16) {
        peer->to.v6.sin6_family = AF_INET6;
        peer->to.v6.sin6_port = htons(port);
        peer->to.v6.sin6_flowinfo = htonl(flow);
        peer->to.v6.sin6_scope_id = scope;
        memcpy(&peer->to.v6.sin6_addr, address, 16);
        peer->to_size = sizeof peer->to.v6;
        return 0;
    }
    peer->to_size = 0;
    return -1;
}

int fan_peer_take(fan_peer *peer, unsigned lane, uint64_t stream, int64_t shift, int64_t roc,
                  uint32_t timestamp, uint16_t picture, uint8_t tl0, int64_t first) {
    if (lane >= LANES) return -1;
    peer->legs[lane] = (leg_t){stream, shift, roc, first, timestamp, picture, tl0};
    return 0;
}

fan_crowd *fan_crowd_new(void) { return calloc(1, sizeof(fan_crowd)); }

void fan_crowd_free(fan_crowd *crowd) {
    if (!crowd) return;
    for (size_t i = 0; i < crowd->size; i++) crowd->members[i]->crowd = NULL;
    free(crowd->members);
    free(crowd);
}

int fan_crowd_add(fan_crowd *crowd, fan_peer *peer) {
    if (peer->crowd == crowd) return 0;
    fan_crowd_remove(peer);
    if (crowd->size == crowd->room) {
        size_t room = crowd->room ? crowd->room * 2 : 64;
        fan_peer **members = realloc(crowd->members, room * sizeof *members);
        if (!members) return -1;
        crowd->members = members;
        crowd->room = room;
    }
    peer->crowd = crowd;
    peer->place = crowd->size;
    crowd->members[crowd->size++] = peer;
    return 0;
}

void fan_crowd_remove(fan_peer *peer) {
    fan_crowd *crowd = peer->crowd;
    if (!crowd) return;
    fan_peer *last = crowd->members[--crowd->size];
    crowd->members[peer->place] = last;
    last->place = peer->place;
    peer->crowd = NULL;
}

size_t fan_crowd_size(const fan_crowd *crowd) { return crowd->size; }

/* -- encrypting --------------------------------------------------------------------------------------------------- */

/* Encrypts in place (RFC 7714, section 8); there is room for the tag. Whether it worked. */
static int seal(fan_peer *peer, uint8_t *packet, size_t size, size_t header, uint32_t roc) {
    uint8_t iv[12] = {0, 0, packet[8], packet[9], packet[10], packet[11],
                      (uint8_t)(roc >> 24), (uint8_t)(roc >> 16), (uint8_t)(roc >> 8), (uint8_t)roc, packet[2], packet[3]};
    for (int i = 0; i < 12; i++) iv[i] ^= peer->salt[i];
    int length = 0;
    return EVP_EncryptInit_ex(peer->cipher, NULL, NULL, NULL, iv) == 1 &&
           EVP_EncryptUpdate(peer->cipher, NULL, &length, packet, (int)header) == 1 &&
           (size == header ||
            EVP_EncryptUpdate(peer->cipher, packet + header, &length, packet + header, (int)(size - header)) == 1) &&
           EVP_EncryptFinal_ex(peer->cipher, packet + size, &length) == 1 &&
           EVP_CIPHER_CTX_ctrl(peer->cipher, EVP_CTRL_GCM_GET_TAG, TAG, packet + size) == 1;
}

static int sound(size_t size, size_t header) {
    return size <= MAX_PACKET && header >= MIN_HEADER && header <= size;
}

/* -- sending ------------------------------------------------------------------------------------------------------ */

/* One system call, waiting a little for room. 0 or an errno. */
static int transmit(int socket, struct msghdr *message, int *patience) {
    for (;;) {
        if (sendmsg(socket, message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return 0;
        if (errno == EINTR) continue;
        if ((errno != EAGAIN && errno != EWOULDBLOCK) || *patience <= 0) return errno;
        struct pollfd wait = {.fd = socket, .events = POLLOUT};
        *patience -= 1;
        if (poll(&wait, 1, 1) < 0 && errno != EINTR) return errno;
    }
}

static void flush(fan_peer *peer, batch_t *batch, int socket, int *gso, int *patience, fan_result *result) {
    size_t done = 0;
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(uint16_t))];
    } control;
    struct iovec piece = {batch->bytes, batch->used};
    struct msghdr message = {.msg_name = &peer->to, .msg_namelen = peer->to_size, .msg_iov = &piece, .msg_iovlen = 1};
    if (batch->count > 1 && *gso) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
        control.head.cmsg_level = SOL_UDP_LEVEL;
        control.head.cmsg_type = UDP_SEGMENT;
        control.head.cmsg_len = CMSG_LEN(sizeof(uint16_t));
        uint16_t segment = (uint16_t)batch->segment;
        memcpy(CMSG_DATA(&control.head), &segment, sizeof segment);
        int error = transmit(socket, &message, patience);
        if (!error) {
            result->packets += batch->count;
            result->octets += batch->used;
            result->calls++;
            done = batch->used;
        } else if (error == EIO || error == EINVAL || error == ENOPROTOOPT || error == EOPNOTSUPP || error == EMSGSIZE) {
            /* EIO: no checksums by the card. EINVAL, EMSGSIZE: too large for this path, so only these go singly. */
            if (error != EINVAL && error != EMSGSIZE) *gso = 0, result->gso_failed = 1;
        } else {
            result->dropped += batch->count;
            done = batch->used;
        }
        message.msg_control = NULL;
        message.msg_controllen = 0;
    }
    while (done < batch->used) {
        size_t size = batch->used - done < batch->segment ? batch->used - done : batch->segment;
        piece = (struct iovec){batch->bytes + done, size};
        if (transmit(socket, &message, patience)) {
            result->dropped++;
        } else {
            result->packets++;
            result->octets += size;
            result->calls++;
        }
        done += size;
    }
    batch->used = batch->count = 0;
    batch->ended = 0;
}

/* One peer's share of a burst. */
static void serve(fan_peer *peer, const fan_packet *packets, size_t count, batch_t *batch,
                  int socket, int *gso, int *patience, fan_result *result) {
    if (!peer->to_size) return;
    for (size_t j = 0; j < count; j++) {
        const fan_packet *packet = &packets[j];
        if (packet->lane >= LANES) {
            result->refused++;
            continue;
        }
        const leg_t *leg = &peer->legs[packet->lane];
        if (!leg->stream || leg->stream != packet->stream || packet->number < leg->first) continue;
        int64_t number = (int64_t)((uint64_t)packet->number + (uint64_t)leg->shift);
        int64_t roc = (number >> 16) - leg->roc;
        size_t size = packet->size, header = packet->header;
        if (roc < 0) continue; /* from before this viewer's time */
        if (!sound(size, header) || roc > UINT32_MAX ||
            (packet->picture_at && (packet->picture_at < header || packet->picture_at + 2u > size)) ||
            (packet->tl0_at && (packet->tl0_at < header || packet->tl0_at + 1u > size))) {
            result->refused++;
            continue;
        }
        size_t total = size + TAG;
        if (batch->count && (batch->ended || total > batch->segment || batch->count == MAX_SEGMENTS ||
                             batch->used + total > MAX_BURST || !*gso))
            flush(peer, batch, socket, gso, patience, result);
        uint8_t *out = batch->bytes + batch->used;
        memcpy(out, packet->data, size);
        out[2] = (uint8_t)(number >> 8);
        out[3] = (uint8_t)number;
        if (leg->timestamp) {
            uint32_t timestamp = ((uint32_t)out[4] << 24 | (uint32_t)out[5] << 16 | (uint32_t)out[6] << 8 | out[7]) + leg->timestamp;
            out[4] = (uint8_t)(timestamp >> 24);
            out[5] = (uint8_t)(timestamp >> 16);
            out[6] = (uint8_t)(timestamp >> 8);
            out[7] = (uint8_t)timestamp;
        }
        if (leg->picture && packet->picture_at) {
            uint8_t *at = out + packet->picture_at;
            unsigned picture = (((unsigned)at[0] << 8 | at[1]) + leg->picture) & 0x7FFFu;
            at[0] = (uint8_t)(0x80u | picture >> 8);
            at[1] = (uint8_t)picture;
        }
        if (packet->tl0_at) out[packet->tl0_at] = (uint8_t)(out[packet->tl0_at] + leg->tl0);
        if (!seal(peer, out, size, header, (uint32_t)roc)) {
            result->dropped++;
            continue;
        }
        if (!batch->count) batch->segment = total;
        batch->ended = total < batch->segment;
        batch->used += total;
        batch->count++;
    }
    if (batch->count) flush(peer, batch, socket, gso, patience, result);
}

static void clear(batch_t *batch) {
    batch->used = batch->segment = batch->count = 0;
    batch->ended = 0;
}

void fan_send(fan_crowd *crowd, size_t from, size_t to, const fan_packet *packets, size_t count,
              int socket, int gso, fan_result *result) {
    uint64_t began = thread_ns();
    int patience = WAIT_MS;
    batch_t batch;
    clear(&batch);
    if (to > crowd->size) to = crowd->size;
    for (size_t i = from; i < to; i++)
        serve(crowd->members[i], packets, count, &batch, socket, &gso, &patience, result);
    result->cpu_ns += thread_ns() - began;
}

void fan_send_to(fan_peer *peer, const fan_packet *packets, size_t count, int socket, int gso, fan_result *result) {
    int patience = WAIT_MS;
    batch_t batch;
    clear(&batch);
    serve(peer, packets, count, &batch, socket, &gso, &patience, result);
}

void fan_send_one(fan_peer *peer, const uint8_t *data, size_t size, size_t header, uint32_t roc, int socket, fan_result *result) {
    uint8_t out[MAX_PACKET + TAG];
    int total = fan_seal(peer, data, size, header, roc, out, sizeof out);
    if (total < 0 || !peer->to_size) {
        result->refused++;
        return;
    }
    int patience = WAIT_MS;
    struct iovec piece = {out, (size_t)total};
    struct msghdr message = {.msg_name = &peer->to, .msg_namelen = peer->to_size, .msg_iov = &piece, .msg_iovlen = 1};
    if (transmit(socket, &message, &patience)) {
        result->dropped++;
    } else {
        result->packets++;
        result->octets += (size_t)total;
        result->calls++;
    }
}

int fan_seal(fan_peer *peer, const uint8_t *data, size_t size, size_t header, uint32_t roc, uint8_t *out, size_t room) {
    if (!sound(size, header) || room < size + TAG) return -1;
    memcpy(out, data, size);
    return seal(peer, out, size, header, roc) ? (int)(size + TAG) : -1;
}
