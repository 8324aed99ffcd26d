/* From which of our addresses a datagram leaves: what the kernel is told beside it (ip(7), ipv6(7)). */
#ifndef SOURCE_H
#define SOURCE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#define SOURCE_SPACE CMSG_SPACE(sizeof(struct in6_pktinfo))

/* Writes the message at head, where SOURCE_SPACE octets are zero. host: 4 or 16 octets of one of our addresses; size 0 lets
   the kernel choose. The octets it takes, padding included. */
static inline size_t put_source(struct cmsghdr *head, const uint8_t *host, size_t size) {
    if (size == 4) {
        struct in_pktinfo info = {0};
        memcpy(&info.ipi_spec_dst, host, 4);
        head->cmsg_level = IPPROTO_IP;
        head->cmsg_type = IP_PKTINFO;
        head->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(head), &info, sizeof info);
        return CMSG_SPACE(sizeof info);
    }
    if (size == 16) {
        struct in6_pktinfo info = {0};
        memcpy(&info.ipi6_addr, host, 16);
        head->cmsg_level = IPPROTO_IPV6;
        head->cmsg_type = IPV6_PKTINFO;
        head->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(head), &info, sizeof info);
        return CMSG_SPACE(sizeof info);
    }
    return 0;
}

#endif
