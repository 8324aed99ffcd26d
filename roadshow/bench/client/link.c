/* What every part of a peer needs: its link, which may lose, its end, and its name in RTCP. Calls nothing of the others. */
#include "client.h"

void fail(peer_t *p, const char *why) {
    if (p->s.state == P_FAILED || p->s.state == P_CLOSED) return;
    snprintf(p->why, sizeof p->why, "%s", why);
    p->s.state = P_FAILED;
}

int lottery(peer_t *p, uint32_t share) { /* xorshift64*: repeatable, and apart for each peer */
    if (!share) return 0;
    p->dice ^= p->dice >> 12;
    p->dice ^= p->dice << 25;
    p->dice ^= p->dice >> 27;
    return (uint32_t)((p->dice * 0x2545F4914F6CDD1Dull) >> 32) < share;
}

/* Whether a packet of so many bytes that comes at this moment finds the line's queue full; if not, it is in it. */
int overflows(peer_t *p, int size, uint64_t at) {
    shallow_t *l = &p->line;
    if (!l->rate) return 0;
    uint64_t *oldest = &l->gone[l->at % l->room]; /* of the last `room` packets */
    if (*oldest > at) { p->s.overflowed++; return 1; }
    l->last = (l->last > at ? l->last : at) + (uint64_t)(size + 28) * 8 * SECOND / l->rate; /* with IP's and UDP's headers */
    *oldest = l->last;
    l->at++;
    return 0;
}

void out(peer_t *p, const void *data, int n) {
    if (!lottery(p, p->loss_out)) send(p->fd, data, n, p->is_pub ? 0 : MSG_DONTWAIT);
}

int sdes(uint8_t *b, int n, uint32_t ssrc) {
    static const uint8_t item[12] = {1, 6, 'v', 'i', 'e', 'w', 'e', 'r', 0, 0, 0, 0};
    b[n] = 0x81; b[n + 1] = 202;
    w16(b + n + 2, 4);
    w32(b + n + 4, ssrc);
    memcpy(b + n + 8, item, 12);
    return n + 20;
}
