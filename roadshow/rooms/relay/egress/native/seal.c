/* SRTP with AEAD_AES_128_GCM (RFC 7714). No number may ever be encrypted twice with other bytes: callers see to that. */
#include "parts.h"

#include <string.h>

int seal(fan_peer *peer, uint8_t *packet, size_t size, size_t header, uint32_t roc) {
    uint8_t iv[12] = {0, 0, packet[8], packet[9], packet[10], packet[11],
                      (uint8_t)(roc >> 24), (uint8_t)(roc >> 16), (uint8_t)(roc >> 8), (uint8_t)roc, packet[2], packet[3]};
    for (int i = 0; i < 12; i++) iv[i] ^= peer->salt[i];
    int length = 0;
    return openssl.encrypt_under(peer->cipher, NULL, NULL, NULL, iv) == 1 &&
           openssl.encrypt(peer->cipher, NULL, &length, packet, (int)header) == 1 &&
           (size == header ||
            openssl.encrypt(peer->cipher, packet + header, &length, packet + header, (int)(size - header)) == 1) &&
           openssl.encrypted(peer->cipher, packet + size, &length) == 1 &&
           openssl.control(peer->cipher, EVP_CTRL_GCM_GET_TAG, TAG, packet + size) == 1;
}

int sound(size_t size, size_t header) {
    return size <= MAX_PACKET && header >= MIN_HEADER && header <= size;
}

int fan_seal(fan_peer *peer, const uint8_t *data, size_t size, size_t header, uint32_t roc, uint8_t *out, size_t room) {
    if (!sound(size, header) || room < size + TAG) return -1;
    memcpy(out, data, size);
    return seal(peer, out, size, header, roc) ? (int)(size + TAG) : -1;
}
