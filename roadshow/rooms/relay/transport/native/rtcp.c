/* A viewer's RTCP (RFC 3550, 4585): what is news is kept, as wire/rtcp.py reads it and wire/feedback.py keeps it.
 *
 * It is authentic, and still hostile: each length is checked before it is used, and what one compound may cost is bound.
 */
#include "reading.h"

#include <string.h>

#define MAX_PARTS 32
#define MAX_ENTRIES 32
#define MAX_BANDWIDTH ((uint64_t)1 << 40)

enum { SENDER_REPORT = 200, RECEIVER_REPORT = 201, RTP_FEEDBACK = 205, PAYLOAD_FEEDBACK = 206 };
enum { NACK = 1, TRANSPORT_WIDE = 15, PLI = 1, FIR = 4, APPLICATION = 15 };
enum { SENDER = 24, BLOCK = 24 };

static void keep_report(read_news *news, const uint8_t *block, int64_t at) {
    uint32_t ssrc = four(block), place = 0;
    while (place < news->reports && news->report[place].ssrc != ssrc) place++;
    if (place == READ_REPORTS) return;
    if (place == news->reports) news->reports++;
    uint32_t loss = four(block + 4), lost = loss & 0xFFFFFF;
    news->losses += loss >> 24 != 0;
    news->report[place] = (read_report){
        .at = at,
        .ssrc = ssrc,
        .fraction = loss >> 24,
        .lost = (int32_t)lost - (lost >> 23 ? 1 << 24 : 0),
        .highest = four(block + 8),
        .jitter = four(block + 12),
        .last_report = four(block + 16),
        .delay = four(block + 20),
    };
}

static void keep_estimate(read_news *news, uint64_t bits, int64_t at, int64_t same_ms) {
    if (news->estimates) {
        const read_estimate *last = &news->estimate[news->estimates - 1];
        if (last->bits == bits && at >= last->at && at - last->at < same_ms) return;
        if (news->estimates == READ_ESTIMATES) news->estimates--;
    }
    news->estimate[news->estimates++] = (read_estimate){at, bits};
}

/* Report blocks of one part, as far as they are whole and the compound's share of them reaches. */
static void take_blocks(read_news *news, const uint8_t *body, size_t size, size_t at, unsigned count, unsigned *entries,
                        int64_t when) {
    for (; count && at + BLOCK <= size; count--, at += BLOCK) {
        if (++*entries > MAX_ENTRIES) return;
        keep_report(news, body + at, when);
    }
}

int take_news(read_news *news, fan_line *line, const uint8_t *data, size_t size, int64_t at, int64_t same_ms) {
    int acts = 0;
    unsigned entries = 0;
    size_t place = 0;
    for (int part = 0; part < MAX_PARTS && place + 4 <= size; part++) {
        uint8_t first = data[place], kind = data[place + 1];
        size_t length = 4 * (size_t)two(data + place + 2);
        const uint8_t *body = data + place + 4;
        unsigned count = first & 0x1F;
        if (first >> 6 != 2 || length > size - place - 4) return acts;
        place += 4 + length;
        if (first & 0x20) {
            if (!length || !body[length - 1] || body[length - 1] > length) return acts;
            length -= body[length - 1];
        }
        if (kind == SENDER_REPORT && length >= SENDER) {
            take_blocks(news, body, length, SENDER, count, &entries, at);
        } else if (kind == RECEIVER_REPORT) {
            take_blocks(news, body, length, 4, count, &entries, at);
        } else if (kind == RTP_FEEDBACK && count == NACK) {
            acts = 1;
        } else if (kind == RTP_FEEDBACK && count == TRANSPORT_WIDE) {
            if (line && fan_line_acknowledge(line, body, length) == 1) acts = 1;
        } else if (kind == PAYLOAD_FEEDBACK && count == PLI) {
            acts = 1;
            entries += length >= 8;
        } else if (kind == PAYLOAD_FEEDBACK && count == FIR) {
            acts = 1;
            for (size_t entry = 8; entry + 8 <= length && ++entries <= MAX_ENTRIES;) entry += 8;
        } else if (kind == PAYLOAD_FEEDBACK && count == APPLICATION && length >= 16 && !memcmp(body + 8, "REMB", 4)) {
            unsigned exponent = body[13] >> 2;
            uint64_t mantissa = (uint64_t)(body[13] & 3) << 16 | two(body + 14);
            /* 63 - 18: beyond that bits are lost, and long beyond the most. */
            uint64_t bits = !mantissa ? 0 : exponent > 45 ? MAX_BANDWIDTH : mantissa << exponent;
            keep_estimate(news, bits < MAX_BANDWIDTH ? bits : MAX_BANDWIDTH, at, same_ms);
        }
    }
    return acts;
}

static uint64_t stirred(const read_peer *peer) {
    return fan_line_stirred(peer->line) + ((uint64_t)peer->news.losses << 40);
}

void read_peer_line(read_peer *peer, fan_line *line) {
    peer->line = line;
    peer->rests = 0;
}

int read_peer_rest(read_peer *peer) {
    if (!peer->line) return -1;
    peer->rests = 1;
    peer->rested_at = stirred(peer);
    return 0;
}

int read_peer_stirs(read_peer *peer) {
    if (!peer->rests || stirred(peer) == peer->rested_at) return 0;
    peer->rests = 0;
    return 1;
}

void read_news_clear(read_news *news) { news->reports = news->estimates = 0; }
