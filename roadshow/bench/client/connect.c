/* ICE checks and the DTLS handshake. */
#include "client.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ec.h>
#include <openssl/srtp.h>
#include <openssl/x509.h>

#define COOKIE 0x2112A442
uint8_t my_fp[32];
static SSL_CTX *ctx;
enum { USERNAME = 0x0006, INTEGRITY = 0x0008, ERROR = 0x0009, XOR_ADDRESS = 0x0020, PRIORITY = 0x0024, NOMINATE = 0x0025,
       FINGERPRINT = 0x8028, CONTROLLED = 0x8029, CONTROLLING = 0x802A };

static BIO_METHOD *bm;

/* ---- STUN ---- */
static uint32_t crc(const uint8_t *b, int n) {
    uint32_t c = ~0u;
    while (n--) {
        c ^= *b++;
        for (int k = 0; k < 8; k++) c = c >> 1 ^ (c & 1 ? 0xEDB88320u : 0);
    }
    return ~c;
}

static int attr(uint8_t *m, int n, int type, const void *v, int len) {
    w16(m + n, type);
    w16(m + n + 2, len);
    if (len) memcpy(m + n + 4, v, len);
    while (len & 3) m[n + 4 + len++] = 0;
    return n + 4 + len;
}

static int seal(uint8_t *m, int n, const char *pwd) { /* MESSAGE-INTEGRITY, then FINGERPRINT */
    uint8_t md[20], f[4];
    unsigned l;
    w16(m + 2, n - 20 + 24);
    HMAC(EVP_sha1(), pwd, strlen(pwd), m, n, md, &l);
    n = attr(m, n, INTEGRITY, md, 20);
    w16(m + 2, n - 20 + 8);
    w32(f, crc(m, n) ^ 0x5354554e);
    return attr(m, n, FINGERPRINT, f, 4);
}

void send_check(peer_t *p, uint64_t now) {
    uint8_t m[1024] = {0}, v[8];
    char user[540];
    int n = 20;
    RAND_bytes(p->tid, 12);
    w16(m, 1);
    w32(m + 4, COOKIE);
    memcpy(m + 8, p->tid, 12);
    n = attr(m, n, USERNAME, user, snprintf(user, sizeof user, "%s:%s", p->rufrag, p->lufrag));
    w32(v, 1853817087);
    n = attr(m, n, PRIORITY, v, 4); /* peer reflexive */
    w64(v, p->tie);
    n = attr(m, n, p->controlling ? CONTROLLING : CONTROLLED, v, 8);
    if (p->controlling) n = attr(m, n, NOMINATE, NULL, 0);
    n = seal(m, n, p->rpwd);
    out(p, m, n);
    p->s.consent_sent++;
    if (p->s.state == P_ICE) { /* again after 50, 100, ... 500 ms */
        p->check_gap = p->check_gap ? (p->check_gap < 400 * MS ? p->check_gap * 2 : 500 * MS) : 50 * MS;
        p->next_check = now + p->check_gap;
    } else p->next_check = now + 4 * SECOND + rnd32() % 2000000000u;
}

static void start_dtls(peer_t *p, uint64_t now);

static void answer_check(peer_t *p, const uint8_t *b) {
    uint8_t m[256] = {0}, v[8];
    struct sockaddr_in a;
    socklen_t al = sizeof a;
    int k = 20;
    getpeername(p->fd, (void *)&a, &al);
    w16(m, 0x0101);
    memcpy(m + 4, b + 4, 16);
    w16(v, 1);
    w16(v + 2, ntohs(a.sin_port) ^ COOKIE >> 16);
    w32(v + 4, ntohl(a.sin_addr.s_addr) ^ COOKIE);
    k = attr(m, k, XOR_ADDRESS, v, 8);
    k = seal(m, k, p->lpwd);
    out(p, m, k);
}

void on_stun(peer_t *p, uint8_t *b, int n, uint64_t now) {
    if (n < 20 || r32(b + 4) != COOKIE) return;
    int type = r16(b), nominated = 0, authentic = 0, role_conflict = 0;
    for (int o = 20; o + 4 <= n;) {
        int t = r16(b + o), l = r16(b + o + 2);
        if (o + 4 + l > n) return;
        if (t == NOMINATE) nominated = 1;
        if (t == ERROR && l >= 4 && b[o + 6] == 4 && b[o + 7] == 87) role_conflict = 1;
        if (t == INTEGRITY && l == 20 && o + 24 <= MTU) {
            uint8_t c[MTU], md[20];
            unsigned k;
            const char *pw = type == 1 ? p->lpwd : p->rpwd;
            memcpy(c, b, o);
            w16(c + 2, o - 20 + 24);
            HMAC(EVP_sha1(), pw, strlen(pw), c, o, md, &k);
            authentic = !memcmp(md, b + o + 4, 20);
        }
        o += 4 + ((l + 3) & ~3);
    }
    if (type == 1 && authentic) {
        answer_check(p, b);
        p->last_consent = now;
        if (nominated && !p->controlling && p->s.state == P_ICE) start_dtls(p, now);
    } else if (type == 0x0101 && authentic && !memcmp(b + 8, p->tid, 12)) {
        p->s.consent_ok++;
        p->last_consent = now;
        /* The controlled side may begin once its own check succeeded: there is only one pair. */
        if (p->s.state == P_ICE) start_dtls(p, now);
    } else if (type == 0x0111 && role_conflict && p->s.state == P_ICE) {
        p->controlling ^= 1;
        p->next_check = 0;
    }
}

/* ---- DTLS ---- */
static int bio_write(BIO *b, const char *d, int n) { out(BIO_get_data(b), d, n); return n; }
static int bio_read(BIO *b, char *d, int n) {
    peer_t *p = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    if (!p->dgram) { BIO_set_retry_read(b); return -1; }
    if (n > p->dgram_len) n = p->dgram_len;
    memcpy(d, p->dgram, n);
    p->dgram = NULL;
    return n;
}
static long bio_ctrl(BIO *b, int cmd, long num, void *ptr) {
    (void)b; (void)num; (void)ptr;
    if (cmd == BIO_CTRL_DGRAM_QUERY_MTU) return 1200;
    return cmd == BIO_CTRL_FLUSH || cmd == BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT;
}
static int bio_create(BIO *b) { BIO_set_init(b, 1); return 1; }
/* First retransmission after 50 ms, as browsers do; OpenSSL's own default is 1 s. */
static unsigned dtls_timer(SSL *s, unsigned us) { (void)s; return us ? (us < 1000000 ? us * 2 : us) : 50000; }
static int any_cert(int ok, X509_STORE_CTX *c) { (void)ok; (void)c; return 1; } /* the fingerprint is what counts */

static void keys_agreed(peer_t *p, uint64_t now) {
    X509 *c = SSL_get1_peer_certificate(p->ssl);
    uint8_t md[32], k[60];
    unsigned l = 0;
    if (c) { X509_digest(c, EVP_sha256(), md, &l); X509_free(c); }
    if (l != 32 || memcmp(md, p->rfp, 32)) { fail(p, "DTLS fingerprint mismatch"); return; }
    SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(p->ssl);
    if (!profile) { fail(p, "no SRTP profile negotiated"); return; }
    int gcm = profile->id == SRTP_AEAD_AES_128_GCM, sl = gcm ? 12 : 14, mine = p->dtls_client ? 0 : 1;
    SSL_export_keying_material(p->ssl, k, 32 + 2 * sl, "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0);
    srtp_init(&p->tx, gcm, k + 16 * mine, k + 32 + sl * mine, sl, 1);
    srtp_init(&p->rx, gcm, k + 16 * !mine, k + 32 + sl * !mine, sl, 0);
    p->keyed = 1;
    p->next_dtls = ~0ull;
    p->next_rr = now + rnd32() % 1000000000u;
    p->s.profile = gcm ? 1 : 2;
    p->s.t_dtls = now;
    __sync_synchronize();
    p->s.state = P_UP;
}

void dtls_step(peer_t *p, uint64_t now) {
    int r = SSL_do_handshake(p->ssl);
    if (r == 1) { keys_agreed(p, now); return; }
    int e = SSL_get_error(p->ssl, r);
    if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE) {
        struct timeval tv;
        p->next_dtls = now + SECOND;
        if (DTLSv1_get_timeout(p->ssl, &tv)) p->next_dtls = now + tv.tv_sec * SECOND + tv.tv_usec * 1000ull;
        return;
    }
    char t[100];
    ERR_error_string_n(ERR_get_error(), t, sizeof t);
    fail(p, t);
}

static void start_dtls(peer_t *p, uint64_t now) {
    p->s.t_ice = now;
    p->s.state = P_DTLS;
    p->next_check = now + 4 * SECOND + rnd32() % 2000000000u;
    if (p->ssl) return;
    p->ssl = SSL_new(ctx);
    BIO *b = BIO_new(bm);
    BIO_set_data(b, p);
    SSL_set_bio(p->ssl, b, b);
    SSL_set_options(p->ssl, SSL_OP_NO_QUERY_MTU);
    SSL_set_mtu(p->ssl, 1200);
    DTLS_set_timer_cb(p->ssl, dtls_timer);
    if (p->dtls_client) SSL_set_connect_state(p->ssl);
    else SSL_set_accept_state(p->ssl);
    dtls_step(p, now);
}

void on_dtls(peer_t *p, uint8_t *b, int n, uint64_t now) {
    if (p->s.state == P_ICE) start_dtls(p, now); /* the other side was faster than our check */
    p->dgram = b;
    p->dgram_len = n;
    if (p->s.state == P_DTLS) dtls_step(p, now);
    else if (p->ssl && p->s.state == P_UP) {
        uint8_t junk[MTU];
        SSL_read(p->ssl, junk, sizeof junk);
        if (SSL_get_shutdown(p->ssl) & SSL_RECEIVED_SHUTDOWN) fail(p, "the server closed the connection");
        ERR_clear_error();
    }
    p->dgram = NULL;
}

int connect_init(const char *profiles) { /* one certificate for all peers */
    ctx = SSL_CTX_new(DTLS_method());
    SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION);
    EVP_PKEY *k = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    unsigned l;
    ASN1_INTEGER_set(X509_get_serialNumber(x), rnd32() >> 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -86400);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400 * 30);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const uint8_t *)"load", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_set_version(x, 2);
    X509_set_pubkey(x, k);
    X509_sign(x, k, EVP_sha256());
    X509_digest(x, EVP_sha256(), my_fp, &l);
    SSL_CTX_use_certificate(ctx, x);
    SSL_CTX_use_PrivateKey(ctx, k);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, any_cert);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    bm = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "peer");
    BIO_meth_set_write(bm, bio_write);
    BIO_meth_set_read(bm, bio_read);
    BIO_meth_set_ctrl(bm, bio_ctrl);
    BIO_meth_set_create(bm, bio_create);
    return SSL_CTX_set_tlsext_use_srtp(ctx, profiles) ? -1 : 0;
}
