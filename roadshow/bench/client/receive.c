/* What a viewer makes of RTP and RTCP. */
#include "client.h"

int sample_every = 64, lat_every = 8;
uint32_t lat_hist[LAT_BUCKETS + 1];

#define LEAP_S 5 /* a timestamp that runs ahead by more is as bad as one that runs back */

static stream_t *stream_of(peer_t *p, uint32_t ssrc) {
    for (int i = 0; i < p->nst; i++)
        if (p->st[i].ssrc == ssrc) return &p->st[i];
    return NULL;
}

/* Account for one number; its extended form through *ext. 0: it came before. */
static int number(peer_t *p, stream_t *s, uint16_t seq, uint32_t ts, uint32_t *ext) {
    int16_t d = seq - (uint16_t)s->max;
    *ext = s->max + d;
    uint64_t bit = 1ull << (*ext & 63);
    if (d <= 0) {
        if (d <= -1024 || *ext < s->base || s->seen[*ext >> 6 & 15] & bit) { p->s.dup++; return 0; }
        s->seen[*ext >> 6 & 15] |= bit;
        s->packets++;
        p->s.late++;
        return 1;
    }
    for (int i = 1; i < (d < 1024 ? d : 1024); i++) { uint32_t q = s->max + i; s->seen[q >> 6 & 15] &= ~(1ull << (q & 63)); }
    int32_t step = ts - s->ts;
    if (step < 0) p->s.backwards++;
    if (step > LEAP_S * (s->pt == p->vpt ? 90000 : 48000)) p->s.leaps++;
    s->ts = ts;
    s->max += d;
    s->packets++;
    s->seen[s->max >> 6 & 15] |= bit;
    p->s.expected += d;
    return 1;
}

/* Whether a VP8 packet begins a frame, and a key frame (RFC 7741, section 4). */
static int begins(const uint8_t *b, int n, int *key) {
    int o = 1;
    if (n < 2) return 0;
    if (b[0] & 0x80) {
        uint8_t x = b[o++];
        if (x & 0x80 && o < n) o += b[o] & 0x80 ? 2 : 1;
        if (x & 0x40) o++;
        if (x & 0x30) o++;
    }
    *key = o < n && !(b[o] & 1);
    return (b[0] & 0x17) == 0x10;
}

/* One decrypted packet of the picture, in order: a complete key frame is what a decoder can begin with. */
static void look(peer_t *p, const uint8_t *body, int n, uint32_t ext, int marker, char letter, uint64_t now, uint64_t wall) {
    picture_t *f = &p->pic;
    int key = 0;
    if (begins(body, n, &key)) { f->open = 1; f->key = key; f->next = ext; }
    if (f->open && ext != f->next) f->open = 0;
    f->next = ext + 1;
    if (!marker) return;
    int decodable = f->open && f->key;
    f->open = 0;
    if (decodable && !p->s.t_picture) p->s.t_picture = now;
    if (!letter || letter == f->shown) return;
    if (!decodable) { p->s.blind++; return; }
    f->shown = letter;
    p->s.switches++;
    p->s.t_switch = wall;
}

static void repeated(peer_t *p, const uint8_t *b, int m, uint64_t now) { /* RFC 4588: the number it had, then the rest */
    stream_t *v = stream_of(p, p->video_ssrc);
    int h = rtp_hdr_len(b, m);
    if (!v || !p->repair || m < h + 2) return;
    p->s.repaired++;
    repair_saw(p, v->max + (int16_t)(r16(b + h) - (uint16_t)v->max), r32(b + 4), b[1] >> 7, now);
}

void on_rtp(peer_t *p, uint8_t *b, int n, uint64_t now, uint64_t stamp) {
    if (!p->keyed || n < 12) return;
    if (p->transport_id) feedback_saw(p, b, n, stamp);
    uint32_t ssrc = r32(b + 8), ts = r32(b + 4), ext;
    uint16_t seq = r16(b + 2);
    int pt = b[1] & 127, marker = b[1] >> 7, video = pt == p->vpt;
    stream_t *s = stream_of(p, ssrc);
    if (!s) {
        if (p->nst == 4) return;
        s = &p->st[p->nst++];
        memset(s, 0, sizeof *s);
        s->ssrc = ssrc; s->pt = pt; s->ts = ts; s->packets = 1;
        ext = s->base = s->max = seq;
        s->seen[seq >> 6 & 15] = 1ull << (seq & 63);
        p->s.expected++;
        if (video) p->video_ssrc = ssrc;
        if (!p->s.t_media) p->s.t_media = now;
    } else if (!number(p, s, seq, ts, &ext)) return;
    p->s.packets++;
    p->s.bytes += n;
    if (p->red_pt && pt == p->red_pt) p->s.red++;
    int timed = 0, looking = video && !p->repair && (p->watch_all || !p->s.t_picture), again = p->rtx_pt && pt == p->rtx_pt;
    if (video && marker) {
        p->s.frames++;
        timed = stamp && p->timed && (++p->nframes + p->id) % lat_every == 0;
        if (p->last_frame && now > p->last_frame && now - p->last_frame > p->s.max_gap_ns) p->s.max_gap_ns = now - p->last_frame;
        p->last_frame = now;
    }
    if (video && p->repair) repair_saw(p, ext, ts, marker, now);
    if (!timed && !looking && !again && (seq + p->id) % sample_every) return;
    int m = srtp_unprotect(&p->rx, b, n, ext >> 16);
    if (m < 0) { p->s.auth_bad++; return; }
    p->s.auth_ok++;
    if (again) { repeated(p, b, m, now); return; }
    int h = rtp_hdr_len(b, m);
    if (b[0] & 0x20 && b[m - 1] <= m - h) m -= b[m - 1]; /* RTP padding */
    int stamped = marker && m >= h + STAMP + 4 && !memcmp(b + m - STAMP, MAGIC, 7);
    if (timed && stamped) {
        int64_t us = (int64_t)(stamp - r64(b + m - 8)) / 1000;
        if (us < 0) us = 0;
        lat_hist[us / LAT_US < LAT_BUCKETS ? us / LAT_US : LAT_BUCKETS]++;
        p->s.lat_samples++;
    }
    if (looking) look(p, b + h, m - h, ext, marker, stamped ? b[m - 9] : 0, now, stamp ? stamp : now_ns(CLOCK_REALTIME));
}

void on_rtcp(peer_t *p, uint8_t *b, int n, uint64_t now) {
    if (!p->keyed) return;
    if ((n = srtcp_unprotect(&p->rx, b, n)) < 0) { p->s.rtcp_bad++; return; }
    p->s.rtcp_ok++;
    for (int o = 0; o + 8 <= n; o += 4 + 4 * r16(b + o + 2)) {
        int kind = b[o + 1], fmt = b[o] & 31, end = o + 4 + 4 * r16(b + o + 2);
        if (kind == 200 && o + 20 <= n) {
            stream_t *s = stream_of(p, r32(b + o + 4));
            if (s) { s->lsr = r32(b + o + 10); s->sr_at = now; }
        } else if (kind == 206 && (fmt == 1 || fmt == 4)) {
            p->s.pli++;
            p->pub.want_key = 1;
        } else if (kind == 205 && fmt == 1 && p->is_pub && o + 12 <= n && r32(b + o + 8) == p->pub.ssrc[1])
            for (int at = o + 12; at + 4 <= end && at + 4 <= n; at += 4) publish_again(p, r16(b + at), r16(b + at + 2));
    }
}

void send_rr(peer_t *p, uint64_t now) {
    uint8_t b[512];
    int n = 8;
    for (int i = 0; i < p->nst; i++, n += 24) {
        stream_t *s = &p->st[i];
        uint32_t exp = s->max - s->base + 1, de = exp - s->rr_exp, dr = s->packets - s->rr_recv;
        s->rr_exp = exp;
        s->rr_recv = s->packets;
        int lost = exp - (uint32_t)s->packets;
        w32(b + n, s->ssrc);
        w32(b + n + 4, (lost > 0 ? lost & 0x7fffff : 0) | (uint32_t)(de > dr ? (de - dr) * 256 / de & 255 : 0) << 24);
        w32(b + n + 8, s->max);
        w32(b + n + 12, 0);
        w32(b + n + 16, s->lsr);
        w32(b + n + 20, s->sr_at ? (now - s->sr_at) * 65536 / SECOND : 0);
    }
    b[0] = 0x80 | p->nst; b[1] = 201;
    w16(b + 2, n / 4 - 1);
    w32(b + 4, p->ssrc);
    n = srtcp_protect(&p->tx, b, sdes(b, n, p->ssrc));
    out(p, b, n);
}
