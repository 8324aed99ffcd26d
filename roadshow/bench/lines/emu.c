/* emu: a network of hosts with bad lines, on one machine and without a kernel module.
 *
 *   emu HOST...                           makes one host for each name, says "host NAME FILE" for each and "ready"
 *   emu enter FILE IN OUT COMMAND...      becomes COMMAND inside the host; ends when whoever started it ends
 *
 * A host is a network namespace without a name, with the loopback and one interface, `line`; its packets come to this
 * program, a router, through TUN. Host N (from 0) has 10.77.N.0/24 and fd77:0:0:N::/64. So nothing is left when this
 * program and the programs in its hosts are gone, however they ended. It needs root (or a user namespace) and /dev/net/tun.
 *
 * On standard input, a line each; it ends with its input:
 *   NAME up|down KEY=VALUE...   that direction of the host's line from now on (to the host: down); what is not named is clean
 *       delay, jitter    ms; jitter is half normal, 2 * jitter at the most, and keeps the order but with reorder=1
 *       loss, burst      %; mean length of a loss in packets (Gilbert)
 *       rate, queue      kbit/s of IP packets; ms that a packet may wait. packets: how many may wait, in its place
 *       mtu, blockudp    bytes; 1: no UDP passes
 *   counts                      "NAME up|down PACKETS LOST OVERFLOWED" for each, then "done"
 *   trace FILE | trace -        each packet from now on as a record_t, whatever becomes of it; no longer
 *
 * Only a direction that is spoken of changes. In `enter`, IN and OUT are files of the caller which become 3 and 4 in
 * COMMAND (a browser's pipes), or -1. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <math.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define MOST_HOSTS 8
#define MOST_WAITING 4096 /* departures remembered of one direction: 6 MB */
#define QUEUE_MS 200
#define HEAD 24 /* bytes of a datagram's payload in a record: RTP's fixed header and a bit more */
#define SEED 42

enum { PASSED, LOST, OVERFLOWED };

typedef struct {
    double delay, jitter, loss, burst, rate, queue;
    int packets, reorder, mtu, blockudp;
} setting_t;

typedef struct {
    setting_t set;
    int host, down, losing;
    double free_at, last_out; /* ms: when the wire is free again; when the last packet comes out */
    double leaves[MOST_WAITING]; /* of those that wait, as a ring */
    uint32_t first, waiting;
    long passed, lost, overflowed;
} way_t;

typedef struct { /* little endian, packed; network.py reads it */
    double at; /* ms of CLOCK_MONOTONIC: it came to this direction's beginning */
    uint16_t length;
    uint8_t host, down, fate, udp, head[HEAD];
} __attribute__((packed)) record_t;

typedef struct {
    double due;
    uint64_t order;
    int to, down, length, udp; /* down: it has passed its receiver's line, too */
    uint8_t *data;
} packet_t;

static char *names[MOST_HOSTS];
static int tuns[MOST_HOSTS], hosts;
static way_t ways[MOST_HOSTS][2];
static packet_t *heap;
static int held, room;
static uint64_t orders;
static FILE *trace;

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}
static double chance(void) { return (random() + 0.5) / 2147483648.0; }
static double gauss(void) { return sqrt(-2 * log(chance())) * cos(6.283185307179586 * chance()); }
static void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static int before(const packet_t *a, const packet_t *b) { return a->due < b->due || (a->due == b->due && a->order < b->order); }
static void push(packet_t one) {
    if (held == room && !(heap = realloc(heap, (room = room ? room * 2 : 1024) * sizeof *heap))) fail("memory");
    int at = held++;
    for (; at && before(&one, &heap[(at - 1) / 2]); at = (at - 1) / 2) heap[at] = heap[(at - 1) / 2];
    heap[at] = one;
}
static packet_t pop(void) {
    packet_t top = heap[0], last = heap[--held];
    int at = 0;
    for (int child; (child = 2 * at + 1) < held; at = child) {
        if (child + 1 < held && before(&heap[child + 1], &heap[child])) child++;
        if (!before(&heap[child], &last)) break;
        heap[at] = heap[child];
    }
    heap[at] = last;
    return top;
}

static int is_lost(way_t *way) {
    setting_t *set = &way->set;
    if (set->loss <= 0) return 0;
    if (set->burst <= 1) return chance() * 100 < set->loss;
    double ends = 1 / set->burst, begins = set->loss / 100 * ends / (1 - set->loss / 100);
    way->losing = way->losing ? chance() >= ends : chance() < begins;
    return way->losing;
}
/* When a packet that comes now has left the wire; below 0: there was no room for it. */
static double through_wire(way_t *way, int length, double now) {
    setting_t *set = &way->set;
    while (way->waiting && way->leaves[way->first % MOST_WAITING] <= now) way->first++, way->waiting--;
    double leaves = (way->free_at > now ? way->free_at : now) + length * 8 / set->rate;
    int most = set->packets ? set->packets : MOST_WAITING;
    if (way->waiting >= (uint32_t)most || (!set->packets && leaves - now > set->queue)) return -1;
    way->leaves[(way->first + way->waiting++) % MOST_WAITING] = leaves;
    return way->free_at = leaves;
}
/* When it comes out at the other end; below 0: never. */
static double pass(way_t *way, const uint8_t *packet, int length, int udp, double now) {
    setting_t *set = &way->set;
    double out = now;
    int fate = PASSED;
    if ((set->blockudp && udp) || (set->mtu && length > set->mtu) || is_lost(way)) fate = LOST;
    else if (set->rate > 0 && (out = through_wire(way, length, now)) < 0) fate = OVERFLOWED;
    if (trace) {
        record_t record = {.at = now, .length = length, .host = way->host, .down = way->down, .fate = fate, .udp = udp};
        int from = (packet[0] >> 4 == 4 ? (packet[0] & 15) * 4 : 40) + 8;
        if (udp && length > from) memcpy(record.head, packet + from, length - from < HEAD ? length - from : HEAD);
        fwrite(&record, sizeof record, 1, trace);
    }
    *(fate == LOST ? &way->lost : fate == OVERFLOWED ? &way->overflowed : &way->passed) += 1;
    if (fate != PASSED) return -1;
    double jitter = set->jitter > 0 ? fabs(gauss()) * set->jitter * 0.6 : 0;
    out += set->delay + (jitter > 2 * set->jitter ? 2 * set->jitter : jitter);
    if (!set->reorder && out < way->last_out) out = way->last_out;
    return way->last_out = out;
}

/* Packets of a host into its line. */
static void take(int from) {
    uint8_t buffer[65536];
    for (int i = 0; i < 64; i++) {
        int length = read(tuns[from], buffer, sizeof buffer);
        if (length < 20) return;
        int six = buffer[0] >> 4 == 6;
        if (!six && buffer[0] >> 4 != 4) continue;
        if (six ? length < 40 || memcmp(buffer + 24, "\xfd\x77\0\0\0\0", 6) : buffer[16] != 10 || buffer[17] != 77) continue;
        int to = six ? buffer[30] << 8 | buffer[31] : buffer[18], udp = (six ? buffer[6] : buffer[9]) == 17;
        if (to >= hosts || to == from) continue;
        double due = pass(&ways[from][0], buffer, length, udp, now_ms());
        if (due < 0) continue;
        packet_t one = {due, orders++, to, 0, length, udp, malloc(length)};
        if (!one.data) fail("memory");
        memcpy(one.data, buffer, length);
        push(one);
    }
}
/* What is due into its receiver's line, which it enters once it has left the sender's, or to the receiver. */
static void let_out(double now) {
    while (held && heap[0].due <= now) {
        packet_t one = pop();
        if (!one.down) {
            one.due = pass(&ways[one.to][1], one.data, one.length, one.udp, one.due);
            one.down = 1;
            one.order = orders++;
            if (one.due >= 0) {
                push(one);
                continue;
            }
        } else if (write(tuns[one.to], one.data, one.length) < 0 && errno != EAGAIN && errno != EINVAL && errno != EIO)
            perror("write"); /* a line that is down takes nothing */
        free(one.data);
    }
}

static void set(setting_t *of, const char *key, double value) {
    struct { const char *key; double *real; int *whole; } all[] = {
        {"delay", &of->delay, 0}, {"jitter", &of->jitter, 0}, {"loss", &of->loss, 0}, {"burst", &of->burst, 0},
        {"rate", &of->rate, 0}, {"queue", &of->queue, 0}, {"packets", 0, &of->packets}, {"reorder", 0, &of->reorder},
        {"mtu", 0, &of->mtu}, {"blockudp", 0, &of->blockudp},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(all[i].key, key)) {
            if (all[i].real) *all[i].real = value;
            else *all[i].whole = value;
            return;
        }
    fprintf(stderr, "unknown: %s\n", key);
}
static void obey(char *line) {
    char *save, *first = strtok_r(line, " \n", &save), *second = strtok_r(NULL, " \n", &save);
    if (!first) return;
    if (!strcmp(first, "counts")) {
        for (int i = 0; i < hosts; i++)
            for (int down = 0; down < 2; down++) {
                way_t *way = &ways[i][down];
                printf("%s %s %ld %ld %ld\n", names[i], down ? "down" : "up", way->passed, way->lost, way->overflowed);
            }
        puts("done");
    } else if (!strcmp(first, "trace") && second) {
        if (trace) fclose(trace);
        trace = strcmp(second, "-") ? fopen(second, "w") : NULL;
        puts("done");
    } else
        for (int i = 0; i < hosts; i++)
            if (second && !strcmp(first, names[i])) {
                way_t *way = &ways[i][!strcmp(second, "down")];
                way->set = (setting_t){.queue = QUEUE_MS};
                for (char *pair; (pair = strtok_r(NULL, " \n", &save));) {
                    char *is = strchr(pair, '=');
                    if (is) *is = 0, set(&way->set, pair, atof(is + 1));
                }
            }
    fflush(stdout);
}
/* Whole lines of standard input; 0 at its end. */
static int listen_to(void) {
    static char text[4096];
    static size_t have;
    ssize_t more = read(0, text + have, sizeof text - 1 - have);
    if (more <= 0) return more < 0 && errno == EINTR;
    have += more;
    text[have] = 0;
    char *at = text, *end;
    for (; (end = strchr(at, '\n')); at = end + 1) {
        *end = 0;
        obey(at);
    }
    have -= at - text;
    memmove(text, at, have);
    return have < sizeof text - 1;
}

static void make(int number, char *name) {
    char path[64];
    struct ifreq interface = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    if (unshare(CLONE_NEWNET)) fail("a network namespace (root is needed)");
    if ((tuns[number] = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0) fail("/dev/net/tun");
    strcpy(interface.ifr_name, "line");
    if (ioctl(tuns[number], TUNSETIFF, &interface)) fail("a TUN interface");
    int socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    if (socket_ < 0 || ioctl(socket_, SIOCSIFFLAGS, &lo)) fail("lo");
    close(socket_);
    int held_open = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (held_open < 0) fail("/proc/self/ns/net");
    snprintf(path, sizeof path, "/proc/%d/fd/%d", getpid(), held_open);
    printf("host %s %s\n", name, path);
    names[number] = name;
    for (int down = 0; down < 2; down++)
        ways[number][down] = (way_t){.set = {.queue = QUEUE_MS}, .host = number, .down = down};
}

static int enter(char **v) { /* SPACE IN OUT STARTER PROGRAM ...; a starter that died before has left us to another */
    pid_t parent = atoi(v[3]);
    int space = open(v[0], O_RDONLY | O_CLOEXEC), in = atoi(v[1]), out = atoi(v[2]);
    if (space < 0 || setns(space, CLONE_NEWNET)) fail("the host");
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != parent) return 1;
    if (in >= 0) { /* either may be where the other has to go */
        in = fcntl(in, F_DUPFD, 10), out = fcntl(out, F_DUPFD, 10);
        if (dup2(in, 3) < 0 || dup2(out, 4) < 0) fail("pipes");
        close(in), close(out);
    }
    execvp(v[4], v + 4);
    fail(v[4]);
    return 1;
}

int main(int c, char **v) {
    if (c > 6 && !strcmp(v[1], "enter")) return enter(v + 2);
    if (c < 2 || c - 1 > MOST_HOSTS) return fprintf(stderr, "emu HOST...\n"), 1;
    signal(SIGINT, SIG_IGN); /* Ctrl+C is for whoever holds our input */
    signal(SIGPIPE, SIG_IGN);
    srandom(SEED);
    prctl(PR_SET_TIMERSLACK, 1000);
    for (; hosts < c - 1; hosts++) make(hosts, v[hosts + 1]);
    puts("ready");
    fflush(stdout);
    struct pollfd files[MOST_HOSTS + 1];
    for (int i = 0; i < hosts; i++) files[i] = (struct pollfd){.fd = tuns[i], .events = POLLIN};
    files[hosts] = (struct pollfd){.fd = 0, .events = POLLIN};
    for (;;) {
        double wait = held ? heap[0].due - now_ms() : 1000;
        wait = wait < 0 ? 0 : wait > 1000 ? 1000 : wait;
        struct timespec until = {.tv_sec = wait / 1e3, .tv_nsec = fmod(wait, 1e3) * 1e6};
        if (ppoll(files, hosts + 1, &until, NULL) < 0 && errno != EINTR) fail("poll");
        if (files[hosts].revents && !listen_to()) return 0;
        for (int i = 0; i < hosts; i++)
            if (files[i].revents & POLLIN) take(i);
        let_out(now_ms());
    }
}
