/* Fan-out at the limit: rewrite, encrypt, send, for every viewer of a burst in one call.
 *
 * What comes in was authenticated and parsed in Python; still, every length is checked here before it is used.
 * Packets of one viewer go to the kernel together, cut by it into segments of equal size but for the last one: the
 * caller pads and orders, this code only sees to it that the rule holds.
 * Nothing here is shared between peers, so threads may serve different parts of a crowd at the same time.
 */
#include "parts.h"
#include "source.h"

#include <string.h>
#include <time.h>

#define ABI 10
#define CACHE_LINE 64
#define FORESEEN 384 /* bytes of a peer: keys, address, the first four lanes */

int fan_lanes(void) { return LANES; }
int fan_max_packet(void) { return MAX_PACKET; }
int fan_abi(void) { return ABI; }

static uint64_t thread_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Whether a transport-wide number can stand there, or there is none. */
static int numbered(uint16_t wide_at, size_t header) {
    return !wide_at || (wide_at >= MIN_HEADER && wide_at + 2u <= header);
}

/* One peer's share of a burst. */
static void serve(fan_peer *peer, const fan_packet *packets, size_t count, batch_t *batch,
                  int socket, int *gso, int *patience, fan_result *result) {
    if (!peer->to_size) return;
    uint64_t now = 0;
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
            !numbered(packet->wide_at, header) || (packet->picture_at && (packet->picture_at < header || packet->picture_at + 2u > size)) ||
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
        stamp(peer, out, total, packet->wide_at, &now);
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

/* What serving the next viewers touches is on its way from memory while this one is served: a crowd's state is larger than the
 * caches near to a core, and half of this code's time was waiting for it. */
static void foresee(const fan_crowd *crowd, size_t next) {
    if (next + 2 < crowd->size) {
        const char *peer = (const char *)crowd->members[next + 2];
        for (size_t at = 0; at < FORESEEN; at += CACHE_LINE) __builtin_prefetch(peer + at);
    }
    if (next + 1 < crowd->size) {
        const fan_peer *peer = crowd->members[next + 1];
        __builtin_prefetch(peer->cipher);
        if (peer->line) foresee_line(peer->line);
    }
}

void fan_send(fan_crowd *crowd, size_t from, size_t to, const fan_packet *packets, size_t count,
              int socket, int gso, fan_result *result) {
    uint64_t began = thread_ns();
    int patience = WAIT_MS;
    batch_t batch;
    clear(&batch);
    if (to > crowd->size) to = crowd->size;
    for (size_t i = from; i < to; i++) {
        foresee(crowd, i + 1);
        serve(crowd->members[i], packets, count, &batch, socket, &gso, &patience, result);
    }
    result->cpu_ns += thread_ns() - began;
}

void fan_send_to(fan_peer *peer, const fan_packet *packets, size_t count, int socket, int gso, fan_result *result) {
    int patience = WAIT_MS;
    batch_t batch;
    clear(&batch);
    serve(peer, packets, count, &batch, socket, &gso, &patience, result);
}

void fan_send_one(fan_peer *peer, const uint8_t *data, size_t size, size_t header, uint32_t roc, uint16_t wide_at,
                  int socket, fan_result *result) {
    uint8_t out[MAX_PACKET + TAG];
    size_t total = size + TAG;
    uint64_t now = 0;
    if (!peer->to_size || !sound(size, header) || !numbered(wide_at, header)) {
        result->refused++;
        return;
    }
    memcpy(out, data, size);
    stamp(peer, out, total, wide_at, &now);
    if (!seal(peer, out, size, header, roc)) {
        result->refused++;
        return;
    }
    int patience = WAIT_MS;
    union {
        struct cmsghdr head;
        char room[SOURCE_SPACE];
    } control = {0};
    size_t source = put_source(&control.head, peer->from, peer->from_size);
    struct iovec piece = {out, total};
    struct msghdr message = {.msg_name = &peer->to, .msg_namelen = peer->to_size, .msg_iov = &piece, .msg_iovlen = 1};
    if (source) message.msg_control = &control, message.msg_controllen = source;
    if (transmit(socket, &message, &patience)) {
        result->dropped++;
    } else {
        result->packets++;
        result->octets += total;
        result->calls++;
    }
}
