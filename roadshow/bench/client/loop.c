/* The I/O thread, and what Python calls. */
#include "client.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <unistd.h>

static peer_t *peers[MAXPEERS];
static volatile int npeers, running;
static uint8_t (*rxbuf)[MTU];
static int ep = -1, scan_ms = 20;

static uint64_t received_at(struct msghdr *h) {
    for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            return t.tv_sec * SECOND + t.tv_nsec;
        }
    return 0;
}

static void datagram(peer_t *p, uint8_t *b, int n, struct msghdr *h, uint64_t now) {
    if (n < 2 || lottery(p, p->loss_in)) return;
    uint64_t stamp = p->stamped ? received_at(h) : 0;
    if (stamp && overflows(p, n, stamp)) return;
    if (b[0] >= 128 && b[0] < 192) {
        if (b[1] < 192 || b[1] > 223) on_rtp(p, b, n, now, stamp);
        else on_rtcp(p, b, n, now);
    } else if (b[0] < 4) on_stun(p, b, n, now);
    else if (b[0] >= 20 && b[0] < 64) on_dtls(p, b, n, now);
}

static void drain(peer_t *p, uint64_t now) {
    static struct mmsghdr vec[2][BATCH];
    static struct iovec iov[BATCH];
    static uint8_t control[BATCH][64];
    struct mmsghdr *mm = vec[p->stamped];
    int r;
    if (!iov[0].iov_base) /* set up once; the kernel changes msg_controllen only */
        for (int i = 0; i < BATCH; i++) {
            iov[i] = (struct iovec){rxbuf[i], MTU};
            vec[0][i].msg_hdr = vec[1][i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
            vec[1][i].msg_hdr.msg_control = control[i];
            vec[1][i].msg_hdr.msg_controllen = sizeof control[i];
        }
    do {
        r = recvmmsg(p->fd, mm, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < r; i++) datagram(p, rxbuf[i], mm[i].msg_len, &mm[i].msg_hdr, now);
        if (p->stamped)
            for (int i = 0; i < r; i++) mm[i].msg_hdr.msg_controllen = sizeof control[i];
    } while (r == BATCH);
}

static void shut(peer_t *p) {
    if (p->ssl && p->keyed) SSL_shutdown(p->ssl);
    p->s.state = P_CLOSED;
    close(p->fd);
    p->fd = -1;
    if (p->ssl) SSL_free(p->ssl);
    if (p->keyed && !p->is_pub) { srtp_free(&p->rx); srtp_free(&p->tx); } /* a publisher's thread may still use them */
    p->ssl = NULL;
    p->keyed = 0;
    free(p->repair);
    free(p->arrivals);
    p->repair = NULL;
    p->arrivals = NULL;
    p->transport_id = 0;
}

static void tick(peer_t *p, uint64_t now) {
    int st = p->s.state;
    if (st == P_ICE || st == P_DTLS || st == P_UP) {
        if (now >= p->next_check) send_check(p, now);
        if (st == P_DTLS && now >= p->next_dtls) { DTLSv1_handle_timeout(p->ssl); dtls_step(p, now); }
        if (st == P_UP) {
            if (now >= p->next_rr) {
                p->next_rr = now + 900 * MS + rnd32() % 200000000u;
                if (p->is_pub) send_sr(p, now);
                else if (p->nst) send_rr(p, now);
            }
            if (p->repair) repair_tick(p, mono()); /* later than what was just drained */
            if (p->transport_id) feedback_tick(p, now);
            if (p->last_consent && (int64_t)(now - p->last_consent) > 30 * (int64_t)SECOND) fail(p, "consent lost (30 s)");
        } else if ((int64_t)(now - p->s.t_start) > 20 * (int64_t)SECOND) fail(p, st == P_ICE ? "ICE timeout" : "DTLS timeout");
    }
    if (p->in_epoll && p->s.t_media) { epoll_ctl(ep, EPOLL_CTL_DEL, p->fd, NULL); p->in_epoll = 0; }
    if (p->closing && st != P_CLOSED) shut(p);
}

int rp_run(void) {
    struct epoll_event ev[256];
    uint64_t next = mono();
    running = 1;
    while (running) {
        uint64_t now = mono();
        int n = epoll_wait(ep, ev, 256, next > now ? (next - now + 999999) / 1000000 : 0);
        now = mono();
        for (int i = 0; i < n; i++) {
            peer_t *p = ev[i].data.ptr;
            if (p->s.state != P_CLOSED) drain(p, now);
        }
        if (now < next) continue;
        next += scan_ms * MS;
        if (next < now) next = now;
        for (int i = 0; i < npeers; i++) {
            peer_t *p = peers[i];
            if (!p || p->s.state < P_ICE || p->s.state == P_CLOSED) continue;
            if (!p->in_epoll) drain(p, mono());
            tick(p, now);
        }
    }
    return 0;
}
void rp_stop(void) { running = 0; }

/* `sample`: one packet in so many is decrypted; `lat`: one frame in so many of a stamped viewer is timed. */
int rp_init(const char *profiles, int scan, int sample, int lat) {
    scan_ms = scan;
    sample_every = sample;
    lat_every = lat;
    ep = epoll_create1(0);
    rxbuf = malloc(BATCH * MTU);
    return connect_init(profiles);
}
void rp_fingerprint(uint8_t *to) { memcpy(to, my_fp, 32); }

/* How often transport-wide feedback is sent. */
void rp_feedback(int every_ms) { feedback_ms = every_ms; }

/* Open a socket on `ip`; gives the peer's id, its port through *port. `stamped`: 1, its packets
 * get the kernel's time stamps; 2, and measure latency. `repairs`: act as a browser does on a lossy link. */
int rp_open(const char *ip, int rcvbuf, int stamped, int watch_all, int repairs, double loss, int *port, const char *ufrag, const char *pwd) {
    int id = __sync_fetch_and_add(&npeers, 1), one = 1;
    if (id >= MAXPEERS) { npeers = MAXPEERS; return -1; }
    peer_t *p = calloc(1, sizeof *p);
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t al = sizeof a;
    p->id = id;
    p->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->fd < 0 || inet_pton(AF_INET, ip, &a.sin_addr) != 1 || bind(p->fd, (void *)&a, sizeof a)) { free(p); return -1; }
    getsockname(p->fd, (void *)&a, &al);
    *port = ntohs(a.sin_port);
    if (setsockopt(p->fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof rcvbuf)) setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof rcvbuf);
    if (stamped) setsockopt(p->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
    p->stamped = !!stamped;
    p->timed = stamped > 1;
    p->watch_all = watch_all;
    if (repairs) p->repair = calloc(1, sizeof *p->repair);
    p->loss_in = p->loss_out = loss * 4294967295.0;
    p->dice = 0x9E3779B97F4A7C15ull * (id + 1);
    p->ssrc = rnd32();
    p->tie = (uint64_t)rnd32() << 32 | rnd32();
    snprintf(p->lufrag, sizeof p->lufrag, "%s", ufrag);
    snprintf(p->lpwd, sizeof p->lpwd, "%s", pwd);
    p->s.state = P_OPEN;
    peers[id] = p;
    return id;
}

/* From now on its way in is a line of so many bits a second with room for so many packets; before rp_start, and stamped. */
void rp_line(int id, int rate, int room) {
    peers[id]->line.rate = rate;
    peers[id]->line.room = room < 1 ? 1 : room > QUEUE ? QUEUE : room;
}

int rp_start(int id, const char *ip, int port, const char *rufrag, const char *rpwd, const uint8_t *rfp, int controlling, int dtls_client,
             int vpt, int rtx_pt, int red_pt, int transport_id) {
    peer_t *p = peers[id];
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, ip, &a.sin_addr) != 1 || connect(p->fd, (void *)&a, sizeof a)) return -1;
    snprintf(p->rufrag, sizeof p->rufrag, "%s", rufrag);
    snprintf(p->rpwd, sizeof p->rpwd, "%s", rpwd);
    memcpy(p->rfp, rfp, 32);
    p->controlling = controlling;
    p->dtls_client = dtls_client;
    p->vpt = vpt;
    p->rtx_pt = rtx_pt;
    p->red_pt = red_pt;
    if (transport_id) p->arrivals = feedback_new();
    p->transport_id = transport_id;
    p->s.t_start = mono();
    p->next_dtls = ~0ull;
    p->in_epoll = 1;
    __sync_synchronize();
    p->s.state = P_ICE;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = p};
    return epoll_ctl(ep, EPOLL_CTL_ADD, p->fd, &e);
}

void rp_close(int id) {
    peer_t *p = peers[id];
    p->closing = 1;
    p->pub.stop = 1;
    if (p->s.state < P_ICE) { close(p->fd); p->fd = -1; p->s.state = P_CLOSED; }
}

int rp_get(int id, stat_t *to, char *why) {
    peer_t *p = peers[id];
    uint32_t mi[9] = {0};
    socklen_t l = sizeof mi;
    if (p->fd >= 0 && !getsockopt(p->fd, SOL_SOCKET, 55 /* SO_MEMINFO */, mi, &l)) p->s.kernel_drops = mi[8];
    *to = p->s;
    strcpy(why, p->why);
    return 0;
}
void rp_reset_gaps(void) { for (int i = 0; i < npeers; i++) if (peers[i]) peers[i]->s.max_gap_ns = 0; }
void rp_latency(uint32_t *to, int reset) { memcpy(to, lat_hist, sizeof lat_hist); if (reset) memset(lat_hist, 0, sizeof lat_hist); }

int rp_publish(int id, const uint32_t *ssrc, int apt, int vpt, int mid_ext, const char *amid, const char *vmid, char letter, const uint8_t *blob,
            const void *pk, const void *va, int nv, const void *au, int na, double fps, int skip) {
    pub_t *u = &peers[id]->pub;
    memcpy(u->ssrc, ssrc, sizeof u->ssrc);
    u->pt[0] = apt;
    u->pt[1] = vpt;
    u->mid_ext = mid_ext;
    u->letter = letter;
    snprintf(u->mid[0], sizeof u->mid[0], "%s", amid);
    snprintf(u->mid[1], sizeof u->mid[1], "%s", vmid);
    return publish_loop(peers[id], blob, pk, va, nv, au, na, fps, skip);
}
/* Packets of sound and picture, frames, requests for key frames, packets sent again. */
void rp_pub_get(int id, uint64_t *to) {
    pub_t *u = &peers[id]->pub;
    to[0] = u->packets[0]; to[1] = u->packets[1]; to[2] = u->frames[1]; to[3] = peers[id]->s.pli; to[4] = u->resent;
}
