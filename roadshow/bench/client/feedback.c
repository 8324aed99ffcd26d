/* Transport-wide feedback, as Chromium answers it (draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1): every so
 * often one message with the state of all packets since the last one, each arrival to a quarter of a millisecond. */
#include "client.h"

#define TICK_US 250           /* of an arrival's difference to the one before */
#define TICKS_A_REFERENCE 256 /* the first one's time is given in 64 ms */
#define MOST 400              /* packets told of in one message: with large differences it still fits a datagram */
int feedback_ms = 100;        /* Chromium's choice, which it moves between 50 and 250 with the rate it expects */
enum { ABSENT, NEAR, FAR };   /* a packet's state: not there, a difference of one byte, of two */

struct arrivals {
    uint32_t from, top; /* transport-wide numbers without wraps: first to tell of, newest seen */
    int begun;
    uint8_t count;
    uint64_t due;
    int64_t at[ARRIVALS]; /* in ticks; 0: did not come */
};

static int transport_number(const uint8_t *b, int n, int id) { /* from a one-byte header extension (RFC 8285); -1: none */
    int o = 12 + 4 * (b[0] & 15);
    if (!(b[0] & 0x10) || o + 4 > n || r16(b + o) != 0xBEDE) return -1;
    int end = o + 4 + 4 * r16(b + o + 2);
    if (end > n) return -1;
    for (o += 4; o < end;) {
        int length = (b[o] & 15) + 1;
        if (!b[o]) { o++; continue; }
        if (b[o] >> 4 == id && length == 2 && o + 3 <= end) return r16(b + o + 1);
        o += 1 + length;
    }
    return -1;
}

arrivals_t *feedback_new(void) { return calloc(1, sizeof(arrivals_t)); }

void feedback_saw(peer_t *p, const uint8_t *b, int n, uint64_t stamp) {
    arrivals_t *a = p->arrivals;
    int number = transport_number(b, n, p->transport_id);
    if (number < 0) return;
    if (!a->begun) {
        a->begun = 1;
        a->from = a->top = 65536 + number;
        a->due = mono() + rnd32() % (feedback_ms + 1) * MS; /* a crowd's messages come all the time */
    }
    int16_t ahead = number - (uint16_t)a->top;
    uint32_t ext = a->top + ahead;
    if ((int32_t)(ext - a->from) < 0 || ahead >= ARRIVALS) return; /* was told of as absent */
    for (; ahead > 0; ahead--) a->at[++a->top % ARRIVALS] = 0;
    if (a->top - a->from >= ARRIVALS) a->from = a->top - ARRIVALS + 1;
    if (!a->at[ext % ARRIVALS]) a->at[ext % ARRIVALS] = (stamp ? stamp : now_ns(CLOCK_REALTIME)) / 1000 / TICK_US;
}

/* Chunks for these states: runs where they are long, else vectors of one or two bits. How many bytes. */
static int chunks(uint8_t *to, const uint8_t *state, int count) {
    int n = 0;
    for (int i = 0; i < count; n += 2) {
        int run = 1, narrow = 0;
        while (i + run < count && state[i + run] == state[i]) run++;
        while (narrow < 14 && i + narrow < count && state[i + narrow] != FAR) narrow++;
        if (run >= 14 || i + run == count) {
            w16(to + n, state[i] << 13 | run);
            i += run;
        } else if (narrow == 14 || i + narrow == count) {
            uint16_t bits = 0x8000;
            for (int k = 0; k < narrow; k++) bits |= state[i + k] << (13 - k);
            w16(to + n, bits);
            i += narrow;
        } else {
            uint16_t bits = 0xC000;
            int k = 0;
            for (; k < 7 && i + k < count; k++) bits |= state[i + k] << (12 - 2 * k);
            w16(to + n, bits);
            i += k;
        }
    }
    return n;
}

/* One message of up to `count` packets from `from` on, whose arrivals are `at`, in ticks (0: did not come). It ends early
 * where a difference is too large for two bytes: *told says how many it is of. Bytes of RTCP; there is room for MTU. */
int rp_feedback_write(uint8_t *b, uint32_t sender, uint32_t media, uint16_t from, const int64_t *at, int count, uint8_t number, int *told) {
    uint8_t deltas[2 * MOST], state[MOST];
    int64_t reference = -1, last = 0;
    int held = 0, i = 0;
    for (; i < count && i < MOST; i++) {
        state[i] = ABSENT;
        if (!at[i]) continue;
        if (reference < 0) { reference = at[i] / TICKS_A_REFERENCE; last = reference * TICKS_A_REFERENCE; }
        int64_t delta = at[i] - last;
        if (delta != (int16_t)delta) break;
        state[i] = delta >= 0 && delta < 256 ? NEAR : FAR;
        if (state[i] == FAR) deltas[held++] = delta >> 8;
        deltas[held++] = delta;
        last = at[i];
    }
    b[0] = 0x80 | 15;
    b[1] = 205;
    w32(b + 4, sender);
    w32(b + 8, media);
    w16(b + 12, from);
    w16(b + 14, i);
    w32(b + 16, (uint32_t)(reference < 0 ? 0 : reference) << 8 | number);
    int n = 20 + chunks(b + 20, state, i);
    memcpy(b + n, deltas, held);
    n += held;
    if (n & 3) { /* RTCP's own padding: its last byte counts it */
        int padding = 4 - (n & 3);
        memset(b + n, 0, padding);
        n += padding;
        b[n - 1] = padding;
        b[0] |= 0x20;
    }
    w16(b + 2, n / 4 - 1);
    *told = i;
    return n;
}

static void tell(peer_t *p) {
    arrivals_t *a = p->arrivals;
    uint8_t b[MTU];
    int64_t at[MOST];
    int count = 0, told;
    while (count < MOST && (int32_t)(a->top - a->from) >= count) { at[count] = a->at[(a->from + count) % ARRIVALS]; count++; }
    int n = rp_feedback_write(b, p->ssrc, p->video_ssrc, a->from, at, count, a->count++, &told);
    a->from += told;
    out(p, b, srtcp_protect(&p->tx, b, n));
    p->s.told++;
}

void feedback_tick(peer_t *p, uint64_t now) {
    arrivals_t *a = p->arrivals;
    if (!a->begun || now < a->due || !p->keyed) return;
    a->due += feedback_ms * MS;
    if (a->due < now) a->due = now + feedback_ms * MS;
    while ((int32_t)(a->top - a->from) >= 0) tell(p);
}
