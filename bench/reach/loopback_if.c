/* Preloaded into Janus: getifaddrs() shows 127.0.0.1 on "lo" only, as an ordinary interface. Janus leaves loopback out when
 * it gathers candidates; a benchmark wants nothing else. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

int getifaddrs(struct ifaddrs **found) {
    int (*real)(struct ifaddrs **) = (int (*)(struct ifaddrs **))dlsym(RTLD_NEXT, "getifaddrs");
    int result = real(found);
    for (struct ifaddrs *one = result ? 0 : *found; one; one = one->ifa_next)
        if (!strcmp(one->ifa_name, "lo") && one->ifa_addr && one->ifa_addr->sa_family == AF_INET) one->ifa_flags &= ~IFF_LOOPBACK;
        else one->ifa_flags &= ~(IFF_UP | IFF_RUNNING);
    return result;
}
