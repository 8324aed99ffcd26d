/* A viewer on a lossy link, as a browser behaves: it asks for what is missing, takes RTX, and judges each frame by whether
 * all its packets came within DEADLINE_MS of the first one's absence being noticed. */
#include "client.h"

#define DEADLINE_MS 500 /* a receiver that waits longer freezes visibly */
#define FIRST_ASK_MS 0  /* at once, as loopback does not reorder */
#define AGAIN_MS 40     /* then every so often: a round trip and a little */
#define MOST_TRIES 12
#define KEY_EVERY_MS 1000 /* between two requests for a key frame */
#define MOST_ASKED 60     /* numbers in one NACK */

static slot_t *slot(repair_t *r, uint32_t seq) { return &r->slot[seq % SLOTS]; }

static int in_window(repair_t *r, uint32_t seq) { return (int32_t)(seq - r->cursor) >= 0 && (int32_t)(seq - r->top) <= 0; }

void repair_saw(peer_t *p, uint32_t ext, uint32_t ts, int marker, uint64_t now) {
    repair_t *r = p->repair;
    if (!r->begun) { /* the first packet a viewer gets is a key frame's first; were it lost, that frame is broken */
        r->begun = 1;
        r->cursor = ext;
        r->top = ext - 1;
    }
    if ((int32_t)(ext - r->top) > SLOTS / 2) { r->begun = 0; return; } /* nothing real leaps so far */
    while ((int32_t)(ext - r->top) > 0) {
        r->top++;
        *slot(r, r->top) = (slot_t){.seq = r->top, .noted = now, .ask_at = now + FIRST_ASK_MS * MS};
    }
    if (!in_window(r, ext)) return;
    slot_t *s = slot(r, ext);
    s->have = 1;
    s->ts = ts;
    s->marker = marker;
}

/* The next frame: 1 whole, 0 broken, -1 cannot be said yet. The number after it through *after. */
static int judge(repair_t *r, uint64_t now, uint32_t *after) {
    uint32_t seq = r->cursor, ts = 0;
    int known = 0, missing = 0, gap = 0, overdue = 0, suspect = r->suspect;
    for (; (int32_t)(seq - r->top) <= 0; seq++) {
        slot_t *s = slot(r, seq);
        if (!s->have) {
            missing = 1;
            gap++;
            overdue |= now - s->noted > DEADLINE_MS * MS;
            continue;
        }
        if (known && s->ts != ts) { /* the next frame began: of what is missing between, this one's last packet is sure */
            if (!overdue) return -1;
            *after = seq;
            r->suspect = gap > 1;
            return 0;
        }
        gap = 0;
        known = 1;
        ts = s->ts;
        if (!s->marker) continue;
        if (missing && !overdue) return -1;
        *after = seq + 1;
        r->suspect = 0;
        return !missing && !suspect;
    }
    return -1;
}

static void ask(peer_t *p, const uint32_t *missing, int count, int picture) {
    uint8_t b[512];
    int n = 12, i = 0;
    w32(b + 4, p->ssrc);
    w32(b + 8, p->video_ssrc);
    b[0] = 0x81;
    b[1] = picture ? 206 : 205; /* PLI or generic NACK (RFC 4585) */
    while (i < count) {
        uint32_t first = missing[i++];
        uint16_t mask = 0;
        while (i < count && missing[i] - first <= 16) mask |= 1 << (missing[i++] - first - 1);
        w16(b + n, first);
        w16(b + n + 2, mask);
        n += 4;
    }
    w16(b + 2, n / 4 - 1);
    n = srtcp_protect(&p->tx, b, n);
    out(p, b, n);
}

void repair_tick(peer_t *p, uint64_t now) {
    repair_t *r = p->repair;
    uint32_t after, missing[MOST_ASKED];
    int verdict, count = 0;
    if (!r->begun || !p->keyed) return;
    while ((verdict = judge(r, now, &after)) >= 0) {
        if (verdict) {
            p->s.whole++;
            if (!p->s.t_picture) p->s.t_picture = now; /* decryption in order, as receive.c's, would wait for luck */
        } else {
            p->s.broken++;
            if (now - r->asked_key > KEY_EVERY_MS * MS) { r->asked_key = now; ask(p, NULL, 0, 1); }
        }
        r->cursor = after;
    }
    for (uint32_t seq = r->cursor; (int32_t)(seq - r->top) <= 0 && count < MOST_ASKED; seq++) {
        slot_t *s = slot(r, seq);
        if (s->have || now < s->ask_at || s->tries == MOST_TRIES) continue;
        s->tries++;
        s->ask_at = now + AGAIN_MS * MS;
        missing[count++] = seq;
    }
    if (count) { p->s.nacked += count; ask(p, missing, count, 0); }
}
