/* A publisher: a pre-encoded stream in a loop, at its real pace. */
#include "client.h"
#include <errno.h>

static void pub_send(peer_t *p, int k, const uint8_t *body, int len, int marker, uint32_t ts, uint32_t picture) {
    uint8_t b[MTU];
    int n = 12, ml = strlen(p->pub.mid[k]);
    uint32_t ext = p->pub.ext[k]++;
    b[0] = 0x80;
    b[1] = p->pub.pt[k] | (marker ? 0x80 : 0);
    w16(b + 2, ext);
    w32(b + 4, ts);
    w32(b + 8, p->pub.ssrc[k]);
    if (p->pub.mid_ext) { /* one-byte header extension with the MID */
        int l = (1 + ml + 3) & ~3;
        b[0] |= 0x10;
        w16(b + 12, 0xBEDE);
        w16(b + 14, l / 4);
        memset(b + 16, 0, l);
        b[16] = p->pub.mid_ext << 4 | (ml - 1);
        memcpy(b + 17, p->pub.mid[k], ml);
        n = 16 + l;
    }
    memcpy(b + n, body, len);
    if (k) { b[n + 2] = 0x80 | (picture >> 8 & 0x7f); b[n + 3] = picture; } /* VP8 picture ids run on across loops */
    n += len;
    if (k && marker) { /* after the frame's end, where decoders do not look */
        memcpy(b + n, MAGIC, 7);
        b[n + 7] = p->pub.letter;
        w64(b + n + 8, now_ns(CLOCK_REALTIME));
        n += STAMP;
    }
    p->pub.octets[k] += n;
    n = srtp_protect(&p->tx, b, n, ext >> 16);
    if (k && n <= (int)sizeof p->pub.kept[0].data) {
        kept_t *kept = &p->pub.kept[ext % KEPT];
        kept->ext = ext;
        kept->n = n;
        memcpy(kept->data, b, n);
    }
    out(p, b, n);
    p->pub.packets[k]++;
}

/* The very same bytes once more for a NACK. The I/O thread reads what the publishing thread wrote long before. */
void publish_again(peer_t *p, uint16_t first, uint16_t mask) {
    for (int i = 0; i <= 16; i++) {
        if (i && !(mask >> (i - 1) & 1)) continue;
        uint32_t last = p->pub.ext[1] - 1, ext = last + (int16_t)((uint16_t)(first + i) - (uint16_t)last);
        kept_t *kept = &p->pub.kept[ext % KEPT];
        if (last - ext >= KEPT / 2 || kept->ext != ext || !kept->n) continue;
        p->pub.resent++;
        out(p, kept->data, kept->n);
    }
}

void send_sr(peer_t *p, uint64_t now) {
    for (int k = 0; k < 2; k++) {
        if (!p->pub.packets[k]) continue;
        uint8_t b[256];
        uint64_t wall = now_ns(CLOCK_REALTIME);
        b[0] = 0x80; b[1] = 200;
        w16(b + 2, 6);
        w32(b + 4, p->pub.ssrc[k]);
        w32(b + 8, wall / SECOND + 2208988800u);
        w32(b + 12, ((wall % SECOND) << 32) / SECOND);
        w32(b + 16, p->pub.ts[k] + (now - p->pub.ts_at[k]) / 1000 * (k ? 90 : 48) / 1000);
        w32(b + 20, p->pub.packets[k]);
        w32(b + 24, p->pub.octets[k]);
        int n = srtcp_protect(&p->tx, b, sdes(b, 28, p->pub.ssrc[k]));
        out(p, b, n);
    }
}

/* Blocks until rp_close(). Frames loop for ever; sequence numbers, timestamps and picture ids go on. A request for a key
 * frame jumps to the next one, at most once in 0.5 s. `skip`: begin at this frame of the picture. */
int publish_loop(peer_t *p, const uint8_t *blob, const pkt_t *pk, const frame_t *va, int nv, const frame_t *au, int na, double fps,
               int skip) {
    pub_t *u = &p->pub;
    const frame_t *f[2] = {au, va};
    int cnt[2] = {na, nv}, i[2] = {0, skip % nv};
    double period[2] = {20e6, 1e9 / fps};
    uint64_t ticks[2] = {0, 0}, t0 = mono() + 20 * MS, jumped = 0;
    uint32_t ts0[2] = {rnd32(), rnd32()};
    u->ext[0] = rnd32() & 0x7fff;
    u->ext[1] = rnd32() & 0x7fff;
    u->kept = calloc(KEPT, sizeof *u->kept);
    u->want_key = 0;
    p->is_pub = 1;
    while (!u->stop && p->s.state == P_UP) {
        uint64_t due[2] = {t0 + (uint64_t)(ticks[0] * period[0]), t0 + (uint64_t)(ticks[1] * period[1])};
        int k = due[1] < due[0];
        struct timespec t = {due[k] / SECOND, due[k] % SECOND};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {}
        if (k && u->want_key) {
            u->want_key = 0;
            if (due[1] - jumped > 500 * MS) {
                jumped = due[1];
                for (int j = 0; j < nv && !va[i[1]].key; j++) i[1] = (i[1] + 1) % nv;
            }
        }
        const frame_t *g = &f[k][i[k]];
        u->ts[k] = ts0[k] + (uint32_t)(k ? (uint64_t)(ticks[1] * 90000 / fps) : ticks[0] * 960);
        u->ts_at[k] = mono();
        for (int j = 0; j < g->n; j++) {
            const pkt_t *q = &pk[g->first + j];
            pub_send(p, k, blob + q->off, q->len, q->marker, u->ts[k], u->frames[1]);
        }
        u->frames[k]++;
        ticks[k]++;
        i[k] = (i[k] + 1) % cnt[k];
    }
    return 0;
}
