/* What this core costs right now, without any server: one sendto of a packet on loopback, and its AES-128-GCM. On a shared
 * machine it moves by tens of per cent; runs of different hours are compared by the ratio to it. */
#include "client.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#define RECEIVERS 50
#define SIZE 1108 /* bytes: header, 1080 of payload, tag */

typedef struct { int fd[RECEIVERS], core; volatile int stop; } sink_t;

static void pin(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static void *drink(void *arg) {
    sink_t *s = arg;
    static uint8_t buf[MTU];
    pin(s->core);
    while (!s->stop) {
        for (int i = 0; i < RECEIVERS; i++) while (recv(s->fd[i], buf, sizeof buf, MSG_DONTWAIT) > 0) {}
        usleep(500);
    }
    return NULL;
}

static int seal_one(EVP_CIPHER_CTX *c, uint8_t *b, uint32_t number) {
    uint8_t iv[12] = {0};
    int l, ok;
    w32(iv + 8, number);
    ok = EVP_EncryptInit_ex(c, NULL, NULL, NULL, iv) && EVP_EncryptUpdate(c, NULL, &l, b, 12) && EVP_EncryptUpdate(c, b + 12, &l, b + 12, 1080);
    return ok && EVP_EncryptFinal_ex(c, b + SIZE - 16, &l) && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, b + SIZE - 16);
}

/* Call it in a thread of its own: it pins itself. Microseconds of sendto and of AES-128-GCM through `us`; -1 on failure. */
int rp_calibrate(int core, int load_core, double seconds, double *us) {
    sink_t sink = {.core = load_core};
    struct sockaddr_in to[RECEIVERS];
    socklen_t al = sizeof to[0];
    uint8_t b[SIZE] = {0x80, 96}, key[16] = {1};
    int tx = socket(AF_INET, SOCK_DGRAM, 0), big = 1 << 20;
    pthread_t thread;
    for (int i = 0; i < RECEIVERS; i++) {
        to[i] = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        sink.fd[i] = socket(AF_INET, SOCK_DGRAM, 0);
        if (tx < 0 || sink.fd[i] < 0 || bind(sink.fd[i], (void *)&to[i], al) || getsockname(sink.fd[i], (void *)&to[i], &al)) return -1;
        setsockopt(sink.fd[i], SOL_SOCKET, SO_RCVBUF, &big, sizeof big);
    }
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, key, NULL);
    pthread_create(&thread, NULL, drink, &sink);
    pin(core);
    int ok = 1;
    for (int what = 0; what < 2; what++) {
        uint64_t end = mono() + seconds * SECOND, from = now_ns(CLOCK_THREAD_CPUTIME_ID), n = 0;
        do for (int i = 0; i < RECEIVERS; i++) /* bursts of six to one receiver, as a frame's packets */
            for (int k = 0; k < 6; k++, n++) {
                if (what) ok &= seal_one(c, b, n);
                else if (sendto(tx, b, SIZE, 0, (void *)&to[i], al) < 0) ok = 0;
            }
        while (mono() < end);
        us[what] = (now_ns(CLOCK_THREAD_CPUTIME_ID) - from) / 1e3 / n;
    }
    sink.stop = 1;
    pthread_join(thread, NULL);
    for (int i = 0; i < RECEIVERS; i++) close(sink.fd[i]);
    close(tx);
    EVP_CIPHER_CTX_free(c);
    return ok ? 0 : -1;
}
