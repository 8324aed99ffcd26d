/* Reading: what waits in the socket is taken in whole; what peers send all the time is dealt with here, all else handed on.
 *
 * This meets the unauthenticated. Each length is checked before it is used; nothing is kept of a datagram that is not
 * authentic; and whom it is from is decided by address alone, which Python gave us once it was proved.
 */
#include "reading.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FIRST_BUCKETS 64
#define MOST_LATE_MS 1000 /* a time of arrival further back is not believed: the wall clock was set */

struct reader {
    read_limits limits;
    uint64_t seed;
    read_peer *peers;
    read_peer **buckets; /* of those that are somewhere */
    size_t bucket_count, placed;
    uint32_t handed;
    read_handed hand[READ_BATCH];
    uint8_t bytes[READ_BATCH][MAX_DATAGRAM + 1]; /* one more, so that too long a one is told */
    struct sockaddr_storage names[READ_BATCH];
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
    } controls[READ_BATCH];
    struct iovec pieces[READ_BATCH];
    struct mmsghdr messages[READ_BATCH];
};

int within(ration_t *ration, uint32_t most, int64_t now) {
    if (now < ration->since || now - ration->since >= 1000) *ration = (ration_t){now, 0};
    return ++ration->taken <= most;
}

const read_limits *limits_of(const read_peer *peer) { return &peer->owner->limits; }

/* -- places and peers ------------------------------------------------------------------------------------------------ */

int place_of(place_t *place, const uint8_t *host, size_t size, uint16_t port, uint32_t scope) {
    *place = (place_t){0};
    if (!size) return 0;
    if (size != 4 && size != 16) return -1;
    memcpy(place->host, host, size);
    place->size = (uint16_t)size;
    place->port = port;
    place->scope = scope;
    return 0;
}

static void place_of_name(place_t *place, const struct sockaddr_storage *name, size_t size) {
    *place = (place_t){0};
    if (name->ss_family == AF_INET && size >= sizeof(struct sockaddr_in)) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)name;
        place_of(place, (const uint8_t *)&v4->sin_addr, 4, ntohs(v4->sin_port), 0);
    } else if (name->ss_family == AF_INET6 && size >= sizeof(struct sockaddr_in6)) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)name;
        place_of(place, (const uint8_t *)&v6->sin6_addr, 16, ntohs(v6->sin6_port), v6->sin6_scope_id);
    }
}

int same_place(const place_t *one, const place_t *other) {
    return one->size == other->size && one->port == other->port && one->scope == other->scope &&
           !memcmp(one->host, other->host, sizeof one->host);
}

/* Mixed as splitmix64 has it, from a seed that nobody outside knows. */
static uint64_t hash(const reader *reader, const place_t *place) {
    uint64_t halves[2], value = reader->seed;
    memcpy(halves, place->host, sizeof halves);
    uint64_t parts[3] = {halves[0], halves[1], (uint64_t)place->scope << 32 | (uint64_t)place->port << 16 | place->size};
    for (int i = 0; i < 3; i++) {
        value = (value ^ parts[i]) + 0x9E3779B97F4A7C15u;
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9u;
        value = (value ^ value >> 27) * 0x94D049BB133111EBu;
        value ^= value >> 31;
    }
    return value;
}

static read_peer **bucket(reader *reader, const place_t *place) {
    return &reader->buckets[hash(reader, place) & (reader->bucket_count - 1)];
}

static read_peer *peer_at(reader *reader, const place_t *place) {
    read_peer *peer = place->size ? *bucket(reader, place) : NULL;
    while (peer && !same_place(&peer->at, place)) peer = peer->chained;
    return peer;
}

static void unplace(read_peer *peer) {
    if (!peer->at.size || !peer->owner) return;
    read_peer **at = bucket(peer->owner, &peer->at);
    while (*at != peer) at = &(*at)->chained;
    *at = peer->chained;
    peer->owner->placed--;
    peer->at.size = 0;
}

static int widen(reader *reader) {
    size_t former = reader->bucket_count, count = former * 2;
    read_peer **held = reader->buckets, **buckets = calloc(count, sizeof *buckets);
    if (!buckets) return -1;
    reader->buckets = buckets;
    reader->bucket_count = count;
    for (size_t i = 0; i < former; i++)
        for (read_peer *peer = held[i], *next; peer; peer = next) {
            next = peer->chained;
            read_peer **at = bucket(reader, &peer->at);
            peer->chained = *at;
            *at = peer;
        }
    free(held);
    return 0;
}

reader *reader_new(const read_limits *limits, uint64_t seed) {
    reader *made = calloc(1, sizeof *made);
    if (!made) return NULL;
    made->limits = *limits;
    made->seed = seed;
    made->bucket_count = FIRST_BUCKETS;
    made->buckets = calloc(FIRST_BUCKETS, sizeof *made->buckets);
    if (!made->buckets) {
        free(made);
        return NULL;
    }
    return made;
}

void reader_free(reader *reader) {
    if (!reader) return;
    for (read_peer *peer = reader->peers, *next; peer; peer = next) {
        next = peer->next;
        unplace(peer);
        peer->owner = NULL;
        peer->next = peer->previous = NULL;
    }
    free(reader->buckets);
    free(reader);
}

read_peer *read_peer_new(reader *reader, uint64_t tag) {
    read_peer *peer = calloc(1, sizeof *peer);
    if (!peer) return NULL;
    peer->owner = reader;
    peer->tag = tag;
    peer->next = reader->peers;
    if (peer->next) peer->next->previous = peer;
    reader->peers = peer;
    return peer;
}

void read_peer_free(read_peer *peer) {
    if (!peer) return;
    unplace(peer);
    if (peer->next) peer->next->previous = peer->previous;
    if (peer->previous) peer->previous->next = peer->next;
    else if (peer->owner) peer->owner->peers = peer->next;
    openssl.end(peer->cipher);
    free(peer->streams);
    free(peer->transactions);
    free(peer);
}

int read_peer_at(read_peer *peer, const uint8_t *host, size_t size, uint16_t port, uint32_t scope) {
    place_t place;
    reader *reader = peer->owner;
    if (place_of(&place, host, size, port, scope)) return -1;
    unplace(peer);
    if (!place.size || !reader) return 0;
    read_peer *holder = peer_at(reader, &place);
    if (holder) unplace(holder);
    /* Without memory for more buckets the chains are longer, and that is all. */
    if (reader->placed >= reader->bucket_count) widen(reader);
    read_peer **at = bucket(reader, &place);
    peer->at = place;
    peer->chained = *at;
    *at = peer;
    reader->placed++;
    return 0;
}

int read_peer_admit(read_peer *peer, const uint8_t *id, const uint8_t *host, size_t size, uint16_t port, uint32_t scope,
                    int64_t now) {
    place_t place;
    if (!peer->owner || place_of(&place, host, size, port, scope) || !place.size) return 0;
    return admit(peer, id, &place, now);
}

int read_peer_life(read_peer *peer, read_life *life) {
    if (!peer->life.heard_at && !peer->life.checks && !peer->life.rejected) return 0;
    *life = peer->life;
    peer->life = (read_life){0};
    return 1;
}

read_news *read_peer_news(read_peer *peer) { return &peer->news; }

/* -- reading --------------------------------------------------------------------------------------------------------- */

static void hand_on(reader *reader, const arrival_t *arrival, uint32_t slot, uint8_t kind, uint64_t tag, size_t size) {
    read_handed *hand = &reader->hand[reader->handed++];
    *hand = (read_handed){
        .tag = tag,
        .at = arrival->at,
        .stamp_ns = arrival->stamp_ns,
        .offset = slot * (MAX_DATAGRAM + 1),
        .size = (uint16_t)size,
        .kind = kind,
        .to_size = arrival->to_size,
        .interface = arrival->interface,
    };
    size_t known = arrival->name_size < sizeof hand->from ? arrival->name_size : sizeof hand->from;
    memcpy(hand->from, arrival->name, known);
    memcpy(hand->to, arrival->to, sizeof hand->to);
}

/* Whose is it? The first byte tells STUN, DTLS and SRTP apart (RFC 7983), the second SRTCP (RFC 5761). */
static void deal_with(reader *reader, const arrival_t *arrival, uint32_t slot, int socket, int64_t now, read_turn *turn) {
    const uint8_t *data = arrival->data;
    read_peer *peer = peer_at(reader, &arrival->from);
    if (peer && data[0] == 0) {
        switch (check(peer, arrival, socket, now)) {
        case ANSWERED: return;
        case REFUSED: turn->refused++; return;
        case UNSENT: turn->dropped++; return;
        case NOT_OURS: break;
        }
    } else if (peer && peer->cipher && data[0] >= 128 && data[0] < 192 && data[1] >= 192 && data[1] < 224) {
        uint8_t plain[MAX_DATAGRAM];
        int size = within(&peer->feedback, reader->limits.feedback, now)
                       ? control(peer, data, arrival->size, arrival->at, plain)
                       : -1;
        if (size < 0) {
            peer->life.rejected++;
            return;
        }
        peer->life.heard_at = now;
        if (!size && !read_peer_stirs(peer)) return;
        memcpy(reader->bytes[slot], plain, (size_t)size);
        hand_on(reader, arrival, slot, 1, peer->tag, (size_t)size);
        return;
    }
    hand_on(reader, arrival, slot, 0, 0, arrival->size);
}

/* What the kernel says beside the datagram: when it came, and to which of our addresses. */
static void read_control(struct msghdr *message, arrival_t *arrival, int64_t now, const struct timespec *clock) {
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head; head = CMSG_NXTHDR(message, head)) {
        if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_TIMESTAMPNS &&
            head->cmsg_len >= CMSG_LEN(sizeof(struct timespec))) {
            struct timespec came;
            memcpy(&came, CMSG_DATA(head), sizeof came);
            arrival->stamp_ns = (int64_t)came.tv_sec * 1000000000 + came.tv_nsec;
            int64_t late = (clock->tv_sec - came.tv_sec) * 1000 + (clock->tv_nsec - came.tv_nsec) / 1000000;
            if (late > 0 && late <= MOST_LATE_MS) arrival->at = now - late;
        } else if (head->cmsg_level == IPPROTO_IP && head->cmsg_type == IP_PKTINFO &&
                   head->cmsg_len >= CMSG_LEN(sizeof(struct in_pktinfo)) && !arrival->to_size) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(head), sizeof info);
            memcpy(arrival->to, &info.ipi_addr, arrival->to_size = 4);
            arrival->interface = (uint32_t)info.ipi_ifindex;
        } else if (head->cmsg_level == IPPROTO_IPV6 && head->cmsg_type == IPV6_PKTINFO &&
                   head->cmsg_len >= CMSG_LEN(sizeof(struct in6_pktinfo))) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(head), sizeof info);
            memcpy(arrival->to, &info.ipi6_addr, arrival->to_size = 16);
            arrival->interface = (uint32_t)info.ipi6_ifindex;
        }
    }
}

void reader_open(reader *reader, int socket) {
    int on = 1;
    (void)reader;
    setsockopt(socket, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    setsockopt(socket, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    setsockopt(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
}

const uint8_t *reader_bytes(const reader *reader) { return reader->bytes[0]; }
const read_handed *reader_handed(const reader *reader) { return reader->hand; }

int reader_turn(reader *reader, int socket, int64_t now, read_turn *turn) {
    *turn = (read_turn){0};
    reader->handed = 0;
    for (int i = 0; i < READ_BATCH; i++) {
        reader->pieces[i] = (struct iovec){reader->bytes[i], sizeof reader->bytes[i]};
        reader->messages[i].msg_hdr = (struct msghdr){
            .msg_name = &reader->names[i],
            .msg_namelen = sizeof reader->names[i],
            .msg_iov = &reader->pieces[i],
            .msg_iovlen = 1,
            .msg_control = &reader->controls[i],
            .msg_controllen = sizeof reader->controls[i],
        };
    }
    int count = recvmmsg(socket, reader->messages, READ_BATCH, MSG_DONTWAIT, NULL);
    if (count < 0) return errno;
    struct timespec clock;
    clock_gettime(CLOCK_REALTIME, &clock);
    for (int i = 0; i < count; i++) {
        struct msghdr *message = &reader->messages[i].msg_hdr;
        arrival_t arrival = {
            .data = reader->bytes[i],
            .size = reader->messages[i].msg_len,
            .name = &reader->names[i],
            .name_size = message->msg_namelen,
            .at = now,
        };
        if (arrival.size < 2 || arrival.size > MAX_DATAGRAM) continue;
        place_of_name(&arrival.from, arrival.name, arrival.name_size);
        read_control(message, &arrival, now, &clock);
        deal_with(reader, &arrival, (uint32_t)i, socket, now, turn);
    }
    turn->taken = (uint32_t)count;
    turn->handed = reader->handed;
    return 0;
}

void reader_offer(reader *reader, int socket, const uint8_t *data, size_t size, const uint8_t *from, size_t from_size,
                  int64_t now, read_turn *turn) {
    *turn = (read_turn){.taken = 1};
    reader->handed = 0;
    if (size < 2 || size > MAX_DATAGRAM || from_size > sizeof reader->names[0]) return;
    memcpy(reader->bytes[0], data, size);
    memset(&reader->names[0], 0, sizeof reader->names[0]);
    memcpy(&reader->names[0], from, from_size);
    arrival_t arrival = {
        .data = reader->bytes[0], .size = size, .name = &reader->names[0], .name_size = (socklen_t)from_size, .at = now};
    place_of_name(&arrival.from, arrival.name, from_size);
    deal_with(reader, &arrival, 0, socket, now, turn);
    turn->handed = reader->handed;
}
