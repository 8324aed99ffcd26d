/* Connectivity checks of peers that are where they are known to be (RFC 8445, RFC 8489): read, authenticated, answered.
 *
 * The rules are wire/stun.py's and transactions.py's, and tests hold both to the same. An address that is not proved, a
 * name that is not the peer's present one: all that moves anything is for Python.
 */
#include "reading.h"
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEADER 20
#define MAX_CHECK 548
#define MAX_USERNAME 513
#define COOKIE 0x2112A442u
#define DIGEST 20
#define FINGERPRINT_XOR 0x5354554Eu

enum { REQUEST = 0x0001, RESPONSE = 0x0101, ERROR_RESPONSE = 0x0111 };
enum {
    USERNAME = 0x0006,
    INTEGRITY = 0x0008,
    ERROR_CODE = 0x0009,
    XOR_MAPPED_ADDRESS = 0x0020,
    USE_CANDIDATE = 0x0025,
    FINGERPRINT = 0x8028,
    ICE_CONTROLLED = 0x8029,
};

typedef struct {
    size_t integrity_at, ufrag_at, ufrag_size;
    int conflicts, named;
} check_t;

int read_peer_name(read_peer *peer, const uint8_t *ufrag, size_t ufrag_size, const uint8_t *password, size_t size) {
    peer->ufrag_size = 0;
    if (ufrag_size > MAX_UFRAG || size > MAX_PASSWORD) return -1;
    if (!ufrag_size) return 0;
    memcpy(peer->ufrag, ufrag, ufrag_size);
    memcpy(peer->password, password, size);
    peer->ufrag_size = (uint16_t)ufrag_size;
    peer->password_size = (uint16_t)size;
    return 0;
}

/* CRC-32 as in ISO 3309, of a message whose length is to be read as another. */
static uint32_t fingerprint(const uint8_t *message, size_t size, size_t length) {
    static const uint32_t table[16] = {
        0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
        0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
    };
    uint32_t crc = ~0u;
    for (size_t i = 0; i < size; i++) {
        uint8_t octet = i == 2 ? (uint8_t)(length >> 8) : i == 3 ? (uint8_t)length : message[i];
        crc = crc >> 4 ^ table[(crc ^ octet) & 15];
        crc = crc >> 4 ^ table[(crc ^ octet >> 4) & 15];
    }
    return ~crc ^ FINGERPRINT_XOR;
}

/* Of the message's first octets, with the length it has once MESSAGE-INTEGRITY is there. Whether it worked. */
static int sign(const read_peer *peer, const uint8_t *message, size_t size, uint8_t *digest) {
    uint8_t copy[MAX_CHECK];
    memcpy(copy, message, size);
    put_two(copy + 2, (uint32_t)(size - HEADER + 4 + DIGEST));
    unsigned length = 0;
    return HMAC(EVP_sha1(), peer->password, peer->password_size, copy, size, digest, &length) && length == DIGEST;
}

/* stun.read. Whether it is a binding request that is ours to answer. */
static int parse(const uint8_t *data, size_t size, check_t *found) {
    *found = (check_t){0};
    if (size < HEADER || size > MAX_CHECK || two(data) != REQUEST || four(data + 4) != COOKIE ||
        two(data + 2) != size - HEADER || size % 4)
        return 0;
    size_t username_at = 0, username_size = 0;
    for (size_t at = HEADER; at < size;) { /* size and at are multiples of four, so an attribute's head is whole */
        uint16_t name = two(data + at);
        size_t length = two(data + at + 2), value = at + 4;
        if (length > size - value) return 0;
        if (name == FINGERPRINT) {
            if (length != 4 || four(data + value) != fingerprint(data, at, at - HEADER + 8)) return 0;
        } else if (!found->integrity_at) {
            if (name == USERNAME && !username_at) {
                username_at = value;
                username_size = length;
            } else if (name == INTEGRITY) {
                if (length != DIGEST) return 0;
                found->integrity_at = at;
            } else if (name == USE_CANDIDATE) {
                found->named = 1;
            } else if (name == ICE_CONTROLLED) {
                found->conflicts = 1;
            }
        }
        at = value + ((length + 3) & ~(size_t)3);
    }
    if (!username_at || !found->integrity_at || username_size > MAX_USERNAME) return 0;
    const uint8_t *colon = username_size ? memchr(data + username_at, ':', username_size) : NULL;
    found->ufrag_at = username_at;
    found->ufrag_size = colon ? (size_t)(colon - (data + username_at)) : username_size;
    return 1;
}

static int send_answer(const read_peer *peer, const check_t *found, const arrival_t *arrival, int socket) {
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    static const uint8_t conflict[17] = {0, 0, 4, 87, 'R', 'o', 'l', 'e', ' ', 'C', 'o', 'n', 'f', 'l', 'i', 'c', 't'};
    uint8_t out[128] = {0};
    size_t size = HEADER;
    put_two(out, found->conflicts ? ERROR_RESPONSE : RESPONSE);
    memcpy(out + 4, arrival->data + 4, 4 + ID);
    uint8_t *body = out + HEADER;
    if (found->conflicts) {
        put_two(body, ERROR_CODE);
        put_two(body + 2, sizeof conflict);
        memcpy(body + 4, conflict, sizeof conflict);
        size += 4 + (sizeof conflict + 3) / 4 * 4;
    } else {
        const place_t *from = &arrival->from;
        int is_mapped = from->size == 16 && !memcmp(from->host, mapped, sizeof mapped);
        const uint8_t *host = is_mapped ? from->host + 12 : from->host;
        size_t length = is_mapped ? 4 : from->size;
        put_two(body, XOR_MAPPED_ADDRESS);
        put_two(body + 2, (uint32_t)(4 + length));
        body[5] = length == 4 ? 1 : 2;
        put_two(body + 6, from->port ^ COOKIE >> 16);
        /* Cookie and transaction id stand together, as the address is hidden by them. */
        for (size_t i = 0; i < length; i++) body[8 + i] = host[i] ^ arrival->data[4 + i];
        size += 8 + length;
    }
    uint8_t digest[DIGEST];
    if (!sign(peer, out, size, digest)) return 0;
    put_two(out + size, INTEGRITY);
    put_two(out + size + 2, DIGEST);
    memcpy(out + size + 4, digest, DIGEST);
    size += 4 + DIGEST;
    put_two(out + 2, (uint32_t)(size - HEADER + 8));
    uint32_t crc = fingerprint(out, size, size - HEADER + 8);
    put_two(out + size, FINGERPRINT);
    put_two(out + size + 2, 4);
    put_four(out + size + 4, crc);
    size += 8;
    union {
        struct cmsghdr head;
        char room[SOURCE_SPACE];
    } control = {0};
    size_t source = put_source(&control.head, arrival->to, arrival->to_size);
    struct iovec piece = {out, size};
    struct msghdr message = {
        .msg_name = (void *)arrival->name, .msg_namelen = arrival->name_size, .msg_iov = &piece, .msg_iovlen = 1};
    if (source) message.msg_control = &control, message.msg_controllen = source;
    ssize_t sent;
    do sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

int admit(read_peer *peer, const uint8_t *id, const place_t *from, int64_t now) {
    const read_limits *limits = limits_of(peer);
    while (peer->transaction_count &&
           now - peer->transactions[peer->transaction_first].at > limits->remembered_ms) {
        peer->transaction_first = (peer->transaction_first + 1) % peer->transaction_room;
        peer->transaction_count--;
    }
    for (uint32_t i = 0; i < peer->transaction_count; i++) {
        const transaction_t *seen = &peer->transactions[(peer->transaction_first + i) % peer->transaction_room];
        if (!memcmp(seen->id, id, ID)) return same_place(&seen->from, from);
    }
    if (peer->transaction_count >= limits->transactions) return 0;
    if (peer->transaction_count == peer->transaction_room) {
        uint32_t room = peer->transaction_room ? 2 * peer->transaction_room : 16;
        transaction_t *grown = malloc(room * sizeof *grown);
        if (!grown) return 0;
        for (uint32_t i = 0; i < peer->transaction_count; i++)
            grown[i] = peer->transactions[(peer->transaction_first + i) % peer->transaction_room];
        free(peer->transactions);
        peer->transactions = grown;
        peer->transaction_first = 0;
        peer->transaction_room = room;
    }
    transaction_t *fresh =
        &peer->transactions[(peer->transaction_first + peer->transaction_count++) % peer->transaction_room];
    memcpy(fresh->id, id, ID);
    fresh->from = *from;
    fresh->at = now;
    return 1;
}

enum verdict check(read_peer *peer, const arrival_t *arrival, int socket, int64_t now) {
    check_t found;
    if (!peer->ufrag_size || !parse(arrival->data, arrival->size, &found)) return NOT_OURS;
    if (found.ufrag_size != peer->ufrag_size || memcmp(arrival->data + found.ufrag_at, peer->ufrag, found.ufrag_size))
        return NOT_OURS;
    uint8_t digest[DIGEST];
    if (!within(&peer->checks, limits_of(peer)->checks, now) ||
        !sign(peer, arrival->data, found.integrity_at, digest) ||
        CRYPTO_memcmp(digest, arrival->data + found.integrity_at + 4, DIGEST) ||
        !admit(peer, arrival->data + 8, &arrival->from, now))
        return REFUSED;
    peer->life.checked_at = now;
    peer->life.checks++;
    peer->life.octets += (uint32_t)arrival->size;
    peer->life.named = (uint32_t)found.named;
    return send_answer(peer, &found, arrival, socket) ? ANSWERED : UNSENT;
}
