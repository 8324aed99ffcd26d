/* Viewers: keys, address, what each takes on which lane; and the crowds they stand in. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

fan_peer *fan_peer_new(const uint8_t *key, const uint8_t *salt) {
    fan_peer *peer = calloc(1, sizeof *peer);
    if (!peer) return NULL;
    peer->cipher = openssl.begin();
    if (!peer->cipher || openssl.encrypt_under(peer->cipher, openssl.aes_128_gcm(), NULL, key, NULL) != 1) {
        fan_peer_free(peer);
        return NULL;
    }
    memcpy(peer->salt, salt, sizeof peer->salt);
    return peer;
}

void fan_peer_free(fan_peer *peer) {
    if (!peer) return;
    fan_crowd_remove(peer);
    openssl.end(peer->cipher);
    free(peer);
}

int fan_peer_address(fan_peer *peer, const uint8_t *address, size_t size, uint16_t port, uint32_t flow, uint32_t scope) {
    memset(&peer->to, 0, sizeof peer->to);
    if (size == 4) {
        peer->to.v4.sin_family = AF_INET;
        peer->to.v4.sin_port = htons(port);
        memcpy(&peer->to.v4.sin_addr, address, 4);
        peer->to_size = sizeof peer->to.v4;
        return 0;
    }
    if (size == 16) {
        peer->to.v6.sin6_family = AF_INET6;
        peer->to.v6.sin6_port = htons(port);
        peer->to.v6.sin6_flowinfo = htonl(flow);
        peer->to.v6.sin6_scope_id = scope;
        memcpy(&peer->to.v6.sin6_addr, address, 16);
        peer->to_size = sizeof peer->to.v6;
        return 0;
    }
    peer->to_size = 0;
    return -1;
}

int fan_peer_source(fan_peer *peer, const uint8_t *address, size_t size) {
    peer->from_size = 0;
    if (size != 0 && size != 4 && size != 16) return -1;
    memcpy(peer->from, address, size);
    peer->from_size = (uint8_t)size;
    return 0;
}

int fan_peer_take(fan_peer *peer, unsigned lane, uint64_t stream, int64_t shift, int64_t roc,
                  uint32_t timestamp, uint16_t picture, uint8_t tl0, int64_t first) {
    if (lane >= LANES) return -1;
    peer->legs[lane] = (leg_t){stream, shift, roc, first, timestamp, picture, tl0};
    return 0;
}

void fan_peer_line(fan_peer *peer, fan_line *line) { peer->line = line; }

fan_crowd *fan_crowd_new(void) { return calloc(1, sizeof(fan_crowd)); }

void fan_crowd_free(fan_crowd *crowd) {
    if (!crowd) return;
    for (size_t i = 0; i < crowd->size; i++) crowd->members[i]->crowd = NULL;
    free(crowd->members);
    free(crowd);
}

int fan_crowd_add(fan_crowd *crowd, fan_peer *peer) {
    if (peer->crowd == crowd) return 0;
    fan_crowd_remove(peer);
    if (crowd->size == crowd->room) {
        size_t room = crowd->room ? crowd->room * 2 : 64;
        fan_peer **members = realloc(crowd->members, room * sizeof *members);
        if (!members) return -1;
        crowd->members = members;
        crowd->room = room;
    }
    peer->crowd = crowd;
    peer->place = crowd->size;
    crowd->members[crowd->size++] = peer;
    return 0;
}

void fan_crowd_remove(fan_peer *peer) {
    fan_crowd *crowd = peer->crowd;
    if (!crowd) return;
    fan_peer *last = crowd->members[--crowd->size];
    crowd->members[peer->place] = last;
    last->place = peer->place;
    peer->crowd = NULL;
}

size_t fan_crowd_size(const fan_crowd *crowd) { return crowd->size; }
