/* What forwarding takes at the least on this machine: copy a packet, write its header, encrypt it with AES-128-GCM under the
 * viewer's own key, and hand each viewer's burst to the kernel in one call that the kernel cuts (UDP_SEGMENT).
 *
 *   limit price VIEWERS SECONDS CORE LOAD-CORE   microseconds of CPU a packet, in bursts of six of 1,108 bytes without a pause
 *   limit paced VIEWERS SECONDS CORE LOAD-CORE   the same of a stream at its time: 30 such bursts and 50 packets of sound a second, of
 *                                                which one rides with each burst as its shorter last one
 *   limit hold  MOST    SECONDS CORE LOAD-CORE   viewers that get this stream, nothing refused and 99 % of all bursts within 30 ms of
 *                                                their time: what this core could hold
 *
 * The sender runs on CORE, the receivers' sockets are emptied on LOAD-CORE. Prints one number, then the share received. CPU is
 * the sending thread's, softirq work on its core included.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#define SOL_UDP_LEVEL 17
#define BURST 6
#define PICTURE 1080 /* bytes of payload */
#define SOUND 160
#define TAG 16
#define HEADER 12
#define FPS 30
#define P99_MS 30.0
#define BUCKETS 2000 /* of 0.1 ms */
#define NEAREST 25   /* viewers: `hold` is found to so many */

typedef struct {
    EVP_CIPHER_CTX *cipher;
    struct sockaddr_in to;
    int socket;
    uint16_t number;
    uint32_t ssrc;
} viewer_t;

static viewer_t *viewers;
static int served, tx;
static volatile int stop;
static volatile uint64_t received;
static uint8_t source[BURST][HEADER + PICTURE], out[(BURST + 1) * 1500];
static uint64_t sent, failed;

static double seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void pin(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static void *drain(void *core) {
    static uint8_t buffer[32][2048];
    struct mmsghdr messages[32];
    struct iovec pieces[32];
    pin(*(int *)core);
    for (int k = 0; k < 32; k++) {
        pieces[k] = (struct iovec){buffer[k], sizeof buffer[k]};
        messages[k].msg_hdr = (struct msghdr){.msg_iov = &pieces[k], .msg_iovlen = 1};
    }
    while (!stop) {
        for (int i = 0; i < served; i++) {
            int got;
            do {
                got = recvmmsg(viewers[i].socket, messages, 32, MSG_DONTWAIT, NULL);
                if (got > 0) received += got;
            } while (got == 32);
        }
        usleep(500);
    }
    return NULL;
}

static int seal(viewer_t *v, const uint8_t *from, int payload, uint8_t *to) {
    int length;
    uint8_t iv[12] = {0};
    uint16_t number = v->number++;
    memcpy(to, from, HEADER + payload);
    to[2] = number >> 8;
    to[3] = number;
    memcpy(to + 8, &v->ssrc, 4);
    memcpy(iv + 2, to + 8, 4);
    iv[10] = number >> 8;
    iv[11] = number;
    EVP_EncryptInit_ex(v->cipher, NULL, NULL, NULL, iv);
    EVP_EncryptUpdate(v->cipher, NULL, &length, to, HEADER);
    EVP_EncryptUpdate(v->cipher, to + HEADER, &length, to + HEADER, payload);
    EVP_EncryptFinal_ex(v->cipher, to + HEADER + payload, &length);
    EVP_CIPHER_CTX_ctrl(v->cipher, EVP_CTRL_GCM_GET_TAG, TAG, to + HEADER + payload);
    return HEADER + payload + TAG;
}

/* So many packets of picture, then so many of sound: the first rides as the burst's shorter last segment. */
static void serve(viewer_t *v, int pictures, int sounds) {
    int size = 0, count = 0, segment = HEADER + PICTURE + TAG;
    for (; count < pictures; count++) size += seal(v, source[count], PICTURE, out + size);
    if (pictures && sounds) { size += seal(v, source[0], SOUND, out + size); sounds--; count++; }
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(uint16_t))];
    } control = {0};
    struct iovec piece = {out, size};
    struct msghdr message = {.msg_name = &v->to, .msg_namelen = sizeof v->to, .msg_iov = &piece, .msg_iovlen = 1,
                             .msg_control = &control, .msg_controllen = sizeof control};
    control.head.cmsg_level = SOL_UDP_LEVEL;
    control.head.cmsg_type = UDP_SEGMENT;
    control.head.cmsg_len = CMSG_LEN(sizeof(uint16_t));
    *(uint16_t *)CMSG_DATA(&control.head) = segment;
    if (count) {
        if (sendmsg(tx, &message, MSG_DONTWAIT) == size) sent += count; else failed += count;
    }
    while (sounds-- > 0) {
        size = seal(v, source[0], SOUND, out);
        if (sendto(tx, out, size, MSG_DONTWAIT, (void *)&v->to, sizeof v->to) == size) sent++; else failed++;
    }
}

static double price(double length) {
    double began = seconds(CLOCK_THREAD_CPUTIME_ID), end = seconds(CLOCK_MONOTONIC) + length;
    sent = failed = 0;
    do for (int i = 0; i < served; i++) serve(&viewers[i], BURST, 0);
    while (seconds(CLOCK_MONOTONIC) < end);
    return (seconds(CLOCK_THREAD_CPUTIME_ID) - began) / (sent + failed) * 1e6;
}

/* Whether so many viewers are served in time; the CPU it took, a packet, through *us. */
static int holds(int count, double length, double *us) {
    static uint64_t histogram[BUCKETS + 1];
    int rounds = length * FPS;
    uint64_t all = 0, seen = 0;
    memset(histogram, 0, sizeof histogram);
    served = count;
    sent = failed = 0;
    double began = seconds(CLOCK_THREAD_CPUTIME_ID), start = seconds(CLOCK_MONOTONIC) + 0.01;
    for (int round = 0; round < rounds; round++) {
        double due = start + (double)round / FPS;
        struct timespec t = {due, (due - (time_t)due) * 1e9};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
        for (int i = 0; i < count; i++) {
            serve(&viewers[i], BURST, round % 3 ? 2 : 1); /* 50 of sound a second, with 30 pictures */
            double late = (seconds(CLOCK_MONOTONIC) - due) * 1e4;
            histogram[late < BUCKETS ? (int)late : BUCKETS]++;
            all++;
        }
    }
    *us = (seconds(CLOCK_THREAD_CPUTIME_ID) - began) / (sent + failed) * 1e6;
    int bucket = 0;
    while (bucket < BUCKETS && (seen += histogram[bucket]) < all * 0.99) bucket++;
    return !failed && bucket / 10.0 < P99_MS;
}

int main(int count, char **words) {
    if (count != 6) return fprintf(stderr, "limit price|paced|hold VIEWERS SECONDS CORE LOAD-CORE\n"), 2;
    int most = atoi(words[2]), core = atoi(words[4]), load_core = atoi(words[5]), buffer = 4 << 20, room = 1 << 20;
    double length = atof(words[3]);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    pin(core);
    viewers = calloc(most, sizeof *viewers);
    tx = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(tx, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    for (int i = 0; i < most; i++) {
        viewer_t *v = &viewers[i];
        uint8_t key[16];
        socklen_t size = sizeof v->to;
        for (int k = 0; k < 16; k++) key[k] = rand();
        v->cipher = EVP_CIPHER_CTX_new();
        EVP_EncryptInit_ex(v->cipher, EVP_aes_128_gcm(), NULL, key, NULL);
        v->ssrc = rand();
        v->socket = socket(AF_INET, SOCK_DGRAM, 0);
        v->to = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        if (v->socket < 0 || bind(v->socket, (void *)&v->to, size) || getsockname(v->socket, (void *)&v->to, &size))
            return perror("limit"), 1;
        setsockopt(v->socket, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    }
    for (int j = 0; j < BURST; j++)
        for (int k = 0; k < HEADER + PICTURE; k++) source[j][k] = k ? k == 1 ? 96 : rand() : 0x80;
    served = most;
    pthread_t thread;
    pthread_create(&thread, NULL, drain, &load_core);
    double found = 0, us;
    int holding = !strcmp(words[1], "hold");
    if (!strcmp(words[1], "price")) found = price(length);
    else if (!holding) { holds(most, length, &us); found = us; }
    else {
        int least = 0, above = most + NEAREST;
        while (above - least > NEAREST) {
            int middle = (least + above) / 2 / NEAREST * NEAREST;
            if (middle <= least || middle > most) break;
            if (holds(middle, length, &us)) least = middle; else above = middle;
        }
        found = least;
    }
    uint64_t before;
    do { before = received; usleep(20000); } while (received != before);
    stop = 1;
    pthread_join(thread, NULL);
    printf("%.3f %.4f\n", found, !holding && sent ? (double)received / sent : 1.0);
    return 0;
}
