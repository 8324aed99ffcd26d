/* A minimal WebRTC peer for load tests, built as a shared library. See roadshow/bench/peer.py for the binding.
 *
 * Each peer owns one UDP socket and speaks the real protocols on it:
 *   ICE    connectivity checks with USE-CANDIDATE, consent every 4 to 6 s   (RFC 8445, 7675)
 *   DTLS   1.2 handshake with use_srtp, fingerprint checked                 (RFC 5764)
 *   SRTP   AEAD_AES_128_GCM or AES128_CM_SHA1_80, SRTCP both ways           (RFC 7714, 3711)
 * A viewer counts RTP packets, finds gaps and numbers that run backwards, authenticates and decrypts a sample, finds
 * its first complete key frame, measures latency, and sends a receiver report each second. A viewer with a lossy link
 * also sends NACKs, takes RTX and counts whole frames; one that answers tells what came when, ten times a second. A publisher
 * loops a pre-encoded stream at its real pace.
 *
 * Threads: one runs rp_run(); each publisher runs rp_publish() in its own; all else may be called from any thread. A peer
 * enters the I/O thread's view only when its `state` becomes P_ICE. Counters are read without locks (aligned words).
 *
 * Receiving is cheap by design: epoll serves a peer until its media flows, then its socket is drained every `scan_ms`.
 * So the server under test is not charged for waking a local receiver at each packet, which a remote one would not
 * charge it either; and the kernel's receive time stamps keep the latency exact.
 */
#ifndef CLIENT_H
#define CLIENT_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define MAXPEERS 16384
#define BATCH 32           /* datagrams of one recvmmsg */
#define MTU 2048
#define LAT_US 10          /* width of a latency bucket */
#define LAT_BUCKETS 100000 /* up to 1 s */
#define MAGIC "LATSTAM"    /* then one letter: which publisher; then CLOCK_REALTIME in ns, big endian */
#define STAMP 16
#define MS 1000000ull
#define SECOND 1000000000ull
enum { P_FREE, P_OPEN, P_ICE, P_DTLS, P_UP, P_FAILED, P_CLOSED };

typedef struct {
    int gcm; /* 1: AEAD_AES_128_GCM, 0: AES128_CM_SHA1_80 */
    EVP_CIPHER_CTX *rtp, *rtcp;
    uint8_t salt[14], rsalt[14], akey[20], rakey[20];
    uint32_t rtcp_index;
} srtp_t;

typedef struct { /* one received SSRC */
    uint32_t ssrc, ts;
    uint8_t pt;
    uint32_t base, max; /* extended sequence numbers; the roll-over counter is max >> 16 */
    uint64_t packets;
    uint32_t rr_exp, rr_recv, lsr;
    uint64_t sr_at;
    uint64_t seen[16]; /* which of the last 1024 numbers came */
} stream_t;

typedef struct { /* counters, copied to Python as they are: keep peer.py's Counters alike */
    int32_t state, profile; /* profile: 1 AES-128-GCM, 2 AES-CM-SHA1-80 */
    uint64_t t_start, t_ice, t_dtls, t_media, t_picture; /* CLOCK_MONOTONIC, ns */
    uint64_t packets, bytes, expected, dup, late, frames, max_gap_ns;
    uint64_t auth_ok, auth_bad, rtcp_ok, rtcp_bad, consent_sent, consent_ok, kernel_drops, lat_samples, pli;
    uint64_t backwards, leaps; /* timestamps that run back, or ahead by more than LEAP_S */
    uint64_t nacked, repaired, whole, broken; /* of a lossy viewer */
    uint64_t switches, t_switch, blind; /* complete key frames of a new publisher; its other frames before one */
    uint64_t told, red; /* messages of transport-wide feedback sent; packets of sound that came as RED */
    uint64_t overflowed; /* packets that found a shallow line's queue full */
} stat_t;

typedef struct { /* assembling one VP8 frame at a time */
    uint32_t next;
    int open, key;
    char shown; /* letter of the publisher whose key frame came last */
} picture_t;

typedef struct { /* a packet of a lossy viewer's picture, or its absence */
    uint32_t seq, ts;
    uint8_t have, marker, tries;
    uint64_t noted, ask_at;
} slot_t;
#define SLOTS 2048
typedef struct {
    uint32_t top, cursor; /* newest number known; first of the frame that is waited for */
    int begun, suspect; /* suspect: the frame at the cursor may have lost its beginning with the one before */
    uint64_t asked_key;
    slot_t slot[SLOTS];
} repair_t;

typedef struct { uint32_t off; uint16_t len; uint8_t marker, pad; } pkt_t; /* of a pre-encoded stream, as media.py lays it out */
typedef struct { uint32_t first; uint16_t n; uint8_t key, pad; } frame_t;
#define QUEUE 64 /* packets a shallow line's queue may hold at most */
typedef struct { /* a line of so many bits a second behind a queue of so few packets */
    uint64_t gone[QUEUE], last; /* when each of the packets taken last leaves the queue, in ns */
    uint32_t rate, room, at;
} shallow_t;
#define ARRIVALS 1024 /* transport-wide numbers remembered: four seconds of the stream */
typedef struct arrivals arrivals_t;
#define KEPT 1024
typedef struct { /* what a publisher sent, to send it again */
    uint32_t ext;
    uint16_t n;
    uint8_t data[1500];
} kept_t;
typedef struct {
    uint32_t ssrc[2];
    uint8_t pt[2], mid_ext;
    char mid[2][4], letter;
    uint64_t packets[2], octets[2], frames[2], resent;
    uint32_t ext[2], ts[2];
    uint64_t ts_at[2];
    volatile int want_key, stop;
    kept_t *kept; /* KEPT of the picture's packets */
} pub_t;

typedef struct peer {
    int fd, id, controlling, dtls_client, vpt, rtx_pt, red_pt, transport_id, in_epoll, stamped, timed, watch_all;
    volatile int closing;
    char lufrag[16], lpwd[40], rufrag[260], rpwd[260];
    uint8_t rfp[32], tid[12];
    uint64_t tie;
    SSL *ssl;
    const uint8_t *dgram;
    int dgram_len;
    srtp_t rx, tx;
    int keyed;
    uint32_t ssrc, video_ssrc;
    int nst;
    stream_t st[4];
    uint64_t next_check, check_gap, last_consent, next_rr, next_dtls, last_frame, nframes;
    uint32_t loss_in, loss_out; /* lottery: of 2^32 */
    uint64_t dice;
    shallow_t line;
    stat_t s;
    picture_t pic;
    repair_t *repair;
    arrivals_t *arrivals;
    pub_t pub;
    int is_pub;
    char why[120];
} peer_t;

static inline uint64_t now_ns(clockid_t c) { struct timespec t; clock_gettime(c, &t); return t.tv_sec * SECOND + t.tv_nsec; }
static inline uint64_t mono(void) { return now_ns(CLOCK_MONOTONIC); }
static inline void w16(uint8_t *p, uint16_t v) { p[0] = v >> 8; p[1] = v; }
static inline void w32(uint8_t *p, uint32_t v) { w16(p, v >> 16); w16(p + 2, v); }
static inline void w64(uint8_t *p, uint64_t v) { w32(p, v >> 32); w32(p + 4, v); }
static inline uint16_t r16(const uint8_t *p) { return p[0] << 8 | p[1]; }
static inline uint32_t r32(const uint8_t *p) { return (uint32_t)r16(p) << 16 | r16(p + 2); }
static inline uint64_t r64(const uint8_t *p) { return (uint64_t)r32(p) << 32 | r32(p + 4); }
static inline uint32_t rnd32(void) { uint32_t v; RAND_bytes((uint8_t *)&v, 4); return v; }

/* Each file calls only those above it, and loop.c, the I/O thread and what Python calls, calls them all. */

/* link.c */
void fail(peer_t *p, const char *why);
int lottery(peer_t *p, uint32_t share);
int overflows(peer_t *p, int size, uint64_t at);
void out(peer_t *p, const void *data, int n); /* the only way a peer sends */
int sdes(uint8_t *b, int n, uint32_t ssrc);

/* srtp.c */
void srtp_init(srtp_t *s, int gcm, const uint8_t *key, const uint8_t *salt, int saltlen, int enc);
void srtp_free(srtp_t *s);
int rtp_hdr_len(const uint8_t *b, int n);
int srtp_protect(srtp_t *s, uint8_t *b, int n, uint32_t roc);
int srtp_unprotect(srtp_t *s, uint8_t *b, int n, uint32_t roc); /* plain length, or -1 */
int srtcp_protect(srtp_t *s, uint8_t *b, int n);
int srtcp_unprotect(srtp_t *s, uint8_t *b, int n); /* plain length, or -1 */

/* connect.c */
extern uint8_t my_fp[32];
int connect_init(const char *profiles);
void send_check(peer_t *p, uint64_t now);
void on_stun(peer_t *p, uint8_t *b, int n, uint64_t now);
void on_dtls(peer_t *p, uint8_t *b, int n, uint64_t now);
void dtls_step(peer_t *p, uint64_t now);

/* repair.c */
void repair_saw(peer_t *p, uint32_t ext, uint32_t ts, int marker, uint64_t now);
void repair_tick(peer_t *p, uint64_t now);

/* feedback.c */
extern int feedback_ms;
arrivals_t *feedback_new(void);
void feedback_saw(peer_t *p, const uint8_t *b, int n, uint64_t stamp);
void feedback_tick(peer_t *p, uint64_t now);

/* publish.c */
void send_sr(peer_t *p, uint64_t now);
int publish_loop(peer_t *p, const uint8_t *blob, const pkt_t *pk, const frame_t *va, int nv, const frame_t *au, int na, double fps,
                 int skip);
void publish_again(peer_t *p, uint16_t first, uint16_t mask);

/* receive.c */
extern int sample_every, lat_every;
extern uint32_t lat_hist[LAT_BUCKETS + 1];
void on_rtp(peer_t *p, uint8_t *b, int n, uint64_t now, uint64_t stamp);
void on_rtcp(peer_t *p, uint8_t *b, int n, uint64_t now);
void send_rr(peer_t *p, uint64_t now);
#endif
