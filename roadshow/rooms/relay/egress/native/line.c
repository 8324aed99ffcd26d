/* What left for a viewer and when, and what its transport-wide feedback makes of that. The same in Python:
 * last_mile/estimate/ (line.py, trend.py), where the numbers have their reasons; one suite holds both to it.
 *
 * Feedback comes from anybody who may watch: it is read through to its end before anything of it counts.
 */
#include "parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RING 512
#define SLOT_BITS 16
#define TICK_US 250
#define MAX_TOLD 4096
#define BURST_US 5000
#define MAX_RIDE_US 100000
#define GAP_US 3000000
#define WINDOW 20

typedef struct {
    uint32_t at; /* µs, modulo */
    uint32_t ident;
    uint16_t octets;
    uint8_t cluster;
    uint8_t state;
} departure_t;

enum { NOTHING, ON_ITS_WAY, LOST, CAME }; /* as Fate in told.py */

typedef struct {
    int64_t first, last, began, ended, former_sent, former_came, first_at;
    int open, former, points, next, over, updated;
    int32_t deltas;
    double delay, smoothed, slope, over_ms, updated_ms;
    double x[WINDOW], y[WINDOW];
} trend_t;

struct fan_line {
    uint64_t next;
    uint64_t newest_at;
    int64_t tick;
    int heard; /* whether tick is one */
    int64_t probe_sent, probe_came;
    uint8_t marked;
    fan_told told;
    trend_t trend;
    departure_t ring[RING];
};

fan_line *fan_line_new(void) {
    fan_line *line = calloc(1, sizeof *line);
    if (!line) return NULL;
    line->told.threshold = 12.5;
    line->trend.over_ms = -1;
    for (int i = 0; i < FAN_SLOTS; i++) line->told.slots[i].number = INT64_MIN;
    return line;
}

void fan_line_free(fan_line *line) { free(line); }

uint16_t fan_line_depart(fan_line *line, uint32_t octets, uint64_t at_us, uint32_t ident) {
    uint64_t number = line->next++;
    uint16_t size = (uint16_t)(octets > UINT16_MAX ? UINT16_MAX : octets);
    line->ring[number % RING] = (departure_t){(uint32_t)at_us, ident, size, line->marked, ON_ITS_WAY};
    if (line->marked) line->told.probe_departed++;
    line->newest_at = at_us;
    line->told.departed = line->next;
    return (uint16_t)number;
}

int fan_line_fate(const fan_line *line, uint32_t ident) {
    for (uint64_t back = 1; back <= RING && back <= line->next; back++) {
        const departure_t *packet = &line->ring[(line->next - back) % RING];
        if (packet->ident == ident) return packet->state;
    }
    return NOTHING;
}

void fan_line_mark(fan_line *line, uint8_t cluster) {
    fan_told *told = &line->told;
    line->marked = cluster;
    if (!cluster) return;
    told->probe_cluster = cluster;
    told->probe_departed = told->probe_came = 0;
    told->probe_octets = 0;
    told->probe_sent_us = told->probe_came_us = 0;
}

void foresee_line(const fan_line *line) {
    __builtin_prefetch(line, 1);
    __builtin_prefetch(&line->told, 1);
    __builtin_prefetch(&line->ring[line->next % RING], 1);
}

void stamp(fan_peer *peer, uint8_t *packet, size_t total, uint16_t wide_at, uint64_t *now) {
    if (!wide_at || !peer->line) return;
    if (!*now) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        *now = (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000;
    }
    uint32_t ident = (uint32_t)packet[10] << 24 | (uint32_t)packet[11] << 16 | (uint32_t)packet[2] << 8 | packet[3];
    uint16_t number = fan_line_depart(peer->line, (uint32_t)total, *now, ident);
    packet[wide_at] = (uint8_t)(number >> 8);
    packet[wide_at + 1] = (uint8_t)number;
}

uint64_t fan_line_stirred(const fan_line *line) {
    return line->told.lost + (line->told.overuses << 33) + ((uint64_t)(line->told.signal == 1) << 32);
}

void fan_line_told(const fan_line *line, fan_told *told) { *told = line->told; }

/* -- trend -------------------------------------------------------------------------------------------------------- */

static void begin(trend_t *trend) {
    memset(trend, 0, sizeof *trend);
    trend->over_ms = -1;
}

static void adapt(trend_t *trend, fan_told *told, double now) {
    double size = fabs(told->trend), since = trend->updated ? now - trend->updated_ms : 0;
    since = since < 0 ? 0 : since > 100 ? 100 : since;
    trend->updated = 1;
    trend->updated_ms = now;
    if (size > told->threshold + 15) return;
    told->threshold += (size < told->threshold ? 0.039 : 0.0087) * (size - told->threshold) * since;
    told->threshold = told->threshold < 6 ? 6 : told->threshold > 600 ? 600 : told->threshold;
}

static double fitted(const trend_t *trend) {
    double x = 0, y = 0, over = 0, under = 0;
    for (int i = 0; i < WINDOW; i++) x += trend->x[i], y += trend->y[i];
    x /= WINDOW, y /= WINDOW;
    for (int i = 0; i < WINDOW; i++) {
        over += (trend->x[i] - x) * (trend->y[i] - y);
        under += (trend->x[i] - x) * (trend->x[i] - x);
    }
    return under > 0 ? over / under : trend->slope;
}

/* A group ended; so much later than the one before it left, and came. */
static void update(trend_t *trend, fan_told *told, double sent_ms, double came_ms, int64_t at) {
    if (!trend->deltas) trend->first_at = at;
    if (trend->deltas < 1000) trend->deltas++;
    trend->delay += came_ms - sent_ms;
    trend->smoothed = 0.9 * trend->smoothed + (1 - 0.9) * trend->delay;
    double now = (double)(at - trend->first_at) / 1000, former = trend->slope;
    trend->x[trend->next] = now;
    trend->y[trend->next] = trend->smoothed;
    trend->next = (trend->next + 1) % WINDOW;
    if (trend->points < WINDOW) trend->points++;
    if (trend->points == WINDOW) trend->slope = fitted(trend);
    if (trend->deltas < 2) return;
    told->trend = (trend->deltas < 60 ? trend->deltas : 60) * trend->slope * 4;
    if (told->trend > told->threshold) {
        trend->over_ms = trend->over_ms < 0 ? sent_ms / 2 : trend->over_ms + sent_ms;
        trend->over++;
        if (trend->over_ms > 10 && trend->over > 1 && trend->slope >= former) {
            trend->over_ms = 0;
            trend->over = 0;
            told->overuses += told->signal != 1;
            told->signal = 1;
        }
    } else {
        trend->over_ms = -1;
        trend->over = 0;
        told->signal = told->trend < -told->threshold ? 2 : 0;
    }
    adapt(trend, told, now);
}

static void grouped(trend_t *trend, fan_told *told, int64_t sent, int64_t came) {
    if (trend->open && llabs(came - trend->ended) > GAP_US) begin(trend);
    if (trend->open) {
        int64_t left = sent - trend->last, later = came - trend->ended;
        if (sent - trend->first <= BURST_US || left == 0 ||
            (later < left && later <= BURST_US && came - trend->began < MAX_RIDE_US)) {
            if (sent > trend->last) trend->last = sent;
            if (came > trend->ended) trend->ended = came;
            return;
        }
        if (trend->former)
            update(trend, told, (double)(trend->last - trend->former_sent) / 1000,
                   (double)(trend->ended - trend->former_came) / 1000, trend->ended);
        trend->former = 1;
        trend->former_sent = trend->last;
        trend->former_came = trend->ended;
    }
    trend->open = 1;
    trend->first = trend->last = sent;
    trend->began = trend->ended = came;
}

/* -- feedback ----------------------------------------------------------------------------------------------------- */

static void probed(fan_line *line, const departure_t *packet, int64_t sent, int64_t came) {
    fan_told *told = &line->told;
    if (told->probe_cluster != packet->cluster) return;
    if (!told->probe_came++) {
        line->probe_sent = sent;
        line->probe_came = came;
        return;
    }
    told->probe_octets += packet->octets;
    if (sent - line->probe_sent > told->probe_sent_us) told->probe_sent_us = sent - line->probe_sent;
    if (came - line->probe_came > told->probe_came_us) told->probe_came_us = came - line->probe_came;
}

static void arrived(fan_line *line, const departure_t *packet, int64_t arrival) {
    int64_t step = (int32_t)(uint32_t)((uint64_t)arrival - (uint64_t)line->tick);
    int64_t tick = !line->heard || llabs(step) > GAP_US / TICK_US ? arrival : line->tick + step;
    line->heard = 1;
    line->tick = tick;
    int64_t came = tick * TICK_US;
    int64_t sent = (int64_t)(line->newest_at - (uint32_t)((uint32_t)line->newest_at - packet->at));
    line->told.came++;
    line->told.octets += packet->octets;
    grouped(&line->trend, &line->told, sent, came);
    int64_t number = came >> SLOT_BITS;
    fan_slot *slot = &line->told.slots[(uint64_t)number % FAN_SLOTS];
    double delay = (double)(came - sent) / 1000;
    if (slot->number != number) *slot = (fan_slot){number, 0, delay};
    slot->octets += packet->octets;
    if (delay < slot->delay_ms) slot->delay_ms = delay;
    if (packet->cluster) probed(line, packet, sent, came);
}

typedef struct {
    const uint8_t *body;
    size_t size, at;
    unsigned chunk, held;
} symbols_t;

/* The next packet's status symbol; -1: cut short. */
static int symbol(symbols_t *from) {
    while (!from->held) {
        if (from->at + 2 > from->size) return -1;
        from->chunk = (unsigned)from->body[from->at] << 8 | from->body[from->at + 1];
        from->at += 2;
        from->held = !(from->chunk & 0x8000) ? from->chunk & 0x1FFF : from->chunk & 0x4000 ? 7 : 14;
    }
    from->held--;
    if (!(from->chunk & 0x8000)) return from->chunk >> 13;
    return from->chunk & 0x4000 ? from->chunk >> 2 * from->held & 3 : from->chunk >> from->held & 1;
}

static uint32_t word(const uint8_t *at) { return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]; }

int fan_line_acknowledge(fan_line *line, const uint8_t *body, size_t size) {
    if (size < 16) return -1;
    uint16_t base = (uint16_t)(body[8] << 8 | body[9]);
    size_t count = (size_t)body[10] << 8 | body[11], deltas = 0;
    if (!count || count > MAX_TOLD) return -1;
    symbols_t from = {body, size, 16, 0, 0};
    for (size_t i = 0; i < count; i++) {
        int each = symbol(&from);
        if (each < 0 || each == 3) return -1;
        deltas += (size_t)each;
    }
    size_t at = from.at;
    if (deltas > size - at) return -1;
    int64_t tick = (int64_t)(word(body + 12) >> 8) * 256;
    uint64_t number = line->next - (uint16_t)(line->next - base);
    from = (symbols_t){body, size, 16, 0, 0};
    for (size_t i = 0; i < count; i++, number++) {
        int each = symbol(&from);
        departure_t *packet = &line->ring[number % RING];
        int known = number < line->next && line->next - number <= RING && (packet->state == ON_ITS_WAY || packet->state == LOST);
        if (!each) {
            if (known && packet->state == ON_ITS_WAY) packet->state = LOST, line->told.lost++;
            continue;
        }
        tick += each == 1 ? body[at] : (int16_t)(uint16_t)(body[at] << 8 | body[at + 1]);
        at += (size_t)each;
        if (!known) continue;
        if (packet->state == LOST) line->told.lost--;
        packet->state = CAME;
        arrived(line, packet, tick);
    }
    return line->told.signal;
}
