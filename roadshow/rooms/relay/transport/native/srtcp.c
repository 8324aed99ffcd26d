/* SRTCP that comes, by AEAD_AES_128_GCM (RFC 7714, section 9): index and replay window for each SSRC, the E bit. */
#include "reading.h"

#include <stdlib.h>
#include <string.h>

#define TAG 16
#define HEADER 8
#define TRAILER 4
#define WINDOW 128 /* libsrtp's */

int read_peer_keys(read_peer *peer, const uint8_t *key, const uint8_t *salt) {
    EVP_CIPHER_CTX *cipher = openssl.begin();
    if (!cipher || openssl.decrypt_under(cipher, openssl.aes_128_gcm(), NULL, key, NULL) != 1) {
        openssl.end(cipher);
        return -1;
    }
    openssl.end(peer->cipher);
    peer->cipher = cipher;
    memcpy(peer->salt, salt, sizeof peer->salt);
    return 0;
}

/* Whether the index is neither old nor seen. */
static int fresh(const stream_t *stream, uint64_t index) {
    if (index < stream->start) return 0;
    uint64_t place = index - stream->start;
    return place >= WINDOW || !(stream->seen[place / 64] >> place % 64 & 1);
}

static void note(stream_t *stream, uint64_t index) {
    uint64_t place = index - stream->start;
    if (place >= WINDOW) {
        uint64_t by = place - (WINDOW - 1);
        stream->start += by;
        if (by >= WINDOW) {
            stream->seen[0] = stream->seen[1] = 0;
        } else if (by >= 64) {
            stream->seen[0] = stream->seen[1] >> (by - 64);
            stream->seen[1] = 0;
        } else {
            stream->seen[0] = stream->seen[0] >> by | stream->seen[1] << (64 - by);
            stream->seen[1] >>= by;
        }
        place = WINDOW - 1;
    }
    stream->seen[place / 64] |= (uint64_t)1 << place % 64;
}

/* The SSRC's place; a new one gets one where there is room. NULL: there is none. */
static stream_t *stream_of(read_peer *peer, uint32_t ssrc) {
    for (uint32_t i = 0; i < peer->stream_count; i++)
        if (peer->streams[i].ssrc == ssrc) return &peer->streams[i];
    if (peer->stream_count >= limits_of(peer)->streams) return NULL;
    if (peer->stream_count == peer->stream_room) {
        uint32_t room = peer->stream_room ? 2 * peer->stream_room : 1;
        stream_t *streams = realloc(peer->streams, room * sizeof *streams);
        if (!streams) return NULL;
        peer->streams = streams;
        peer->stream_room = room;
    }
    /* It counts once something authentic came of it. */
    stream_t *stream = &peer->streams[peer->stream_count];
    *stream = (stream_t){.ssrc = ssrc};
    return stream;
}

/* data: header, text, tag and index; at least so long. The plain packet's size, or -1. */
static int unseal(read_peer *peer, const uint8_t *data, size_t size, uint32_t index, int encrypted, uint8_t *plain) {
    uint8_t iv[12] = {0, 0, data[4], data[5], data[6], data[7], 0, 0,
                      (uint8_t)(index >> 24), (uint8_t)(index >> 16), (uint8_t)(index >> 8), (uint8_t)index};
    for (int i = 0; i < 12; i++) iv[i] ^= peer->salt[i];
    size_t whole = size - TAG - TRAILER, open = encrypted ? HEADER : whole;
    uint8_t tag[TAG];
    memcpy(tag, data + whole, TAG);
    int length = 0;
    if (openssl.decrypt_under(peer->cipher, NULL, NULL, NULL, iv) != 1 ||
        openssl.decrypt(peer->cipher, NULL, &length, data, (int)open) != 1 ||
        openssl.decrypt(peer->cipher, NULL, &length, data + size - TRAILER, TRAILER) != 1 ||
        (whole > open && openssl.decrypt(peer->cipher, plain + open, &length, data + open, (int)(whole - open)) != 1) ||
        openssl.control(peer->cipher, EVP_CTRL_GCM_SET_TAG, TAG, tag) != 1 ||
        openssl.decrypted(peer->cipher, plain + whole, &length) != 1)
        return -1;
    memcpy(plain, data, open);
    return (int)whole;
}

int control(read_peer *peer, const uint8_t *data, size_t size, int64_t at, uint8_t *plain) {
    if (!peer->cipher || !peer->owner || size < HEADER + TAG + TRAILER || size > MAX_DATAGRAM) return -1;
    uint32_t last = four(data + size - TRAILER), index = last & 0x7FFFFFFF;
    stream_t *stream = stream_of(peer, four(data + 4));
    if (!stream || !fresh(stream, index)) return -1;
    int length = unseal(peer, data, size, index, last >> 31, plain);
    if (length < 0) return -1;
    if (stream == &peer->streams[peer->stream_count]) peer->stream_count++;
    note(stream, index);
    return take_news(&peer->news, peer->line, plain, (size_t)length, at, limits_of(peer)->same_ms) ? length : 0;
}

int read_peer_control(read_peer *peer, const uint8_t *data, size_t size, int64_t at, uint8_t *plain) {
    return control(peer, data, size, at, plain);
}
