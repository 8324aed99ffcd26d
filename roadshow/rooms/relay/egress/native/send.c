/* To the kernel: packets of one viewer together (UDP_SEGMENT), which wants segments of equal size but for the last one. */
#include "parts.h"
#include "source.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#define SOL_UDP_LEVEL 17

void clear(batch_t *batch) {
    batch->used = batch->segment = batch->count = 0;
    batch->ended = 0;
}

int transmit(int socket, struct msghdr *message, int *patience) {
    for (;;) {
        if (sendmsg(socket, message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return 0;
        if (errno == EINTR) continue;
        if ((errno != EAGAIN && errno != EWOULDBLOCK) || *patience <= 0) return errno;
        struct pollfd wait = {.fd = socket, .events = POLLOUT};
        *patience -= 1;
        if (poll(&wait, 1, 1) < 0 && errno != EINTR) return errno;
    }
}

void flush(fan_peer *peer, batch_t *batch, int socket, int *gso, int *patience, fan_result *result) {
    size_t done = 0;
    union {
        struct cmsghdr head;
        char room[SOURCE_SPACE + CMSG_SPACE(sizeof(uint16_t))];
    } control;
    memset(&control, 0, sizeof control);
    size_t source = put_source(&control.head, peer->from, peer->from_size);
    struct iovec piece = {batch->bytes, batch->used};
    struct msghdr message = {.msg_name = &peer->to, .msg_namelen = peer->to_size, .msg_iov = &piece, .msg_iovlen = 1};
    if (batch->count > 1 && *gso) {
        message.msg_control = &control;
        message.msg_controllen = source + CMSG_SPACE(sizeof(uint16_t));
        struct cmsghdr *head = (struct cmsghdr *)(control.room + source);
        head->cmsg_level = SOL_UDP_LEVEL;
        head->cmsg_type = UDP_SEGMENT;
        head->cmsg_len = CMSG_LEN(sizeof(uint16_t));
        uint16_t segment = (uint16_t)batch->segment;
        memcpy(CMSG_DATA(head), &segment, sizeof segment);
        int error = transmit(socket, &message, patience);
        if (!error) {
            result->packets += batch->count;
            result->octets += batch->used;
            result->calls++;
            done = batch->used;
        } else if (error == EIO || error == EINVAL || error == ENOPROTOOPT || error == EOPNOTSUPP || error == EMSGSIZE) {
            /* EIO: no checksums by the card. EINVAL, EMSGSIZE: too large for this path, so only these go singly. */
            if (error != EINVAL && error != EMSGSIZE) *gso = 0, result->gso_failed = 1;
        } else {
            result->dropped += batch->count;
            done = batch->used;
        }
    }
    message.msg_control = source ? &control : NULL;
    message.msg_controllen = source;
    while (done < batch->used) {
        size_t size = batch->used - done < batch->segment ? batch->used - done : batch->segment;
        piece = (struct iovec){batch->bytes + done, size};
        if (transmit(socket, &message, patience)) {
            result->dropped++;
        } else {
            result->packets++;
            result->octets += size;
            result->calls++;
        }
        done += size;
    }
    batch->used = batch->count = 0;
    batch->ended = 0;
}
