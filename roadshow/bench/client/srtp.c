/* SRTP and SRTCP: AEAD_AES_128_GCM (RFC 7714) and AES128_CM_HMAC_SHA1_80 (RFC 3711). */
#include "client.h"

static void kdf(const uint8_t *key, const uint8_t *salt14, int label, uint8_t *out_, int n) {
    uint8_t iv[16] = {0}, zero[32] = {0};
    int l;
    memcpy(iv, salt14, 14);
    iv[7] ^= label;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    EVP_EncryptInit_ex(c, EVP_aes_128_ctr(), NULL, key, iv);
    EVP_EncryptUpdate(c, out_, &l, zero, n);
    EVP_CIPHER_CTX_free(c);
}

void srtp_init(srtp_t *s, int gcm, const uint8_t *key, const uint8_t *salt, int saltlen, int enc) {
    uint8_t s14[14] = {0}, k[16], rk[16];
    memcpy(s14, salt, saltlen);
    s->gcm = gcm;
    kdf(key, s14, 0, k, 16);
    kdf(key, s14, 1, s->akey, 20);
    kdf(key, s14, 2, s->salt, gcm ? 12 : 14);
    kdf(key, s14, 3, rk, 16);
    kdf(key, s14, 4, s->rakey, 20);
    kdf(key, s14, 5, s->rsalt, gcm ? 12 : 14);
    const EVP_CIPHER *c = gcm ? EVP_aes_128_gcm() : EVP_aes_128_ctr();
    s->rtp = EVP_CIPHER_CTX_new();
    s->rtcp = EVP_CIPHER_CTX_new();
    EVP_CipherInit_ex(s->rtp, c, NULL, k, NULL, enc);
    EVP_CipherInit_ex(s->rtcp, c, NULL, rk, NULL, enc);
}

void srtp_free(srtp_t *s) {
    EVP_CIPHER_CTX_free(s->rtp);
    EVP_CIPHER_CTX_free(s->rtcp);
    memset(s, 0, sizeof *s);
}

/* In place over b[0..n). `hi` is the roll-over counter (RTP) or 0 (RTCP), `lo` the 16-bit sequence number or the 31-bit
 * SRTCP index. 1 unless a GCM tag is wrong. */
static int cipher_run(EVP_CIPHER_CTX *c, int gcm, int rtcp, const uint8_t *salt, uint32_t ssrc, uint32_t hi, uint32_t lo,
                      const uint8_t *aad, int aadlen, const uint8_t *aad2, uint8_t *b, int n, uint8_t *tag, int enc) {
    uint8_t iv[16] = {0};
    int l, o = gcm ? 2 : 4, ok = 1;
    w32(iv + o, ssrc);
    if (rtcp) w32(iv + o + 6, lo);
    else { w32(iv + o + 4, hi); w16(iv + o + 8, lo); }
    for (int i = 0; i < (gcm ? 12 : 14); i++) iv[i] ^= salt[i];
    EVP_CipherInit_ex(c, NULL, NULL, NULL, iv, enc);
    if (gcm) {
        if (!enc) EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, 16, tag);
        EVP_CipherUpdate(c, NULL, &l, aad, aadlen);
        if (aad2) EVP_CipherUpdate(c, NULL, &l, aad2, 4);
    }
    if (n) EVP_CipherUpdate(c, b, &l, b, n);
    if (gcm) {
        ok = EVP_CipherFinal_ex(c, b + n, &l) > 0;
        if (enc) EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, tag);
    }
    return ok;
}

static void hmac80(const uint8_t *key, const uint8_t *b, int n, const uint8_t *extra, uint8_t *out_) {
    uint8_t t[MTU + 64], md[20];
    unsigned l;
    memcpy(t, b, n);
    memcpy(t + n, extra, 4);
    HMAC(EVP_sha1(), key, 20, t, n + 4, md, &l);
    memcpy(out_, md, 10);
}

int rtp_hdr_len(const uint8_t *b, int n) {
    int h = 12 + 4 * (b[0] & 15);
    if (h + 4 > n) return -1;
    if (b[0] & 0x10) h += 4 + 4 * r16(b + h + 2);
    return h <= n ? h : -1;
}

int srtp_protect(srtp_t *s, uint8_t *b, int n, uint32_t roc) {
    int h = rtp_hdr_len(b, n);
    uint8_t r[4];
    w32(r, roc);
    cipher_run(s->rtp, s->gcm, 0, s->salt, r32(b + 8), roc, r16(b + 2), b, h, NULL, b + h, n - h, b + n, 1);
    if (s->gcm) return n + 16;
    hmac80(s->akey, b, n, r, b + n);
    return n + 10;
}

int srtp_unprotect(srtp_t *s, uint8_t *b, int n, uint32_t roc) {
    int t = s->gcm ? 16 : 10, h = rtp_hdr_len(b, n);
    uint8_t r[4], md[10];
    w32(r, roc);
    if (h < 0 || n < h + t) return -1;
    if (!s->gcm) {
        hmac80(s->akey, b, n - t, r, md);
        if (memcmp(md, b + n - t, 10)) return -1;
    }
    int ok = cipher_run(s->rtp, s->gcm, 0, s->salt, r32(b + 8), roc, r16(b + 2), b, h, NULL, b + h, n - h - t, b + n - t, 0);
    return ok ? n - t : -1;
}

int srtcp_protect(srtp_t *s, uint8_t *b, int n) {
    uint8_t e[4];
    uint32_t idx = s->rtcp_index++;
    w32(e, idx | 0x80000000u);
    cipher_run(s->rtcp, s->gcm, 1, s->rsalt, r32(b + 4), 0, idx, b, 8, e, b + 8, n - 8, b + n, 1);
    if (s->gcm) { memcpy(b + n + 16, e, 4); return n + 20; }
    memcpy(b + n, e, 4);
    hmac80(s->rakey, b, n, e, b + n + 4);
    return n + 14;
}

int srtcp_unprotect(srtp_t *s, uint8_t *b, int n) {
    uint8_t *e = b + n - (s->gcm ? 4 : 14), md[10];
    int body = n - (s->gcm ? 20 : 14);
    if (body < 8) return -1;
    if (!s->gcm) {
        hmac80(s->rakey, b, body, e, md);
        if (memcmp(md, e + 4, 10)) return -1;
    }
    if (!(e[0] & 0x80)) return s->gcm ? -1 : body;
    uint32_t idx = r32(e) & 0x7fffffff;
    return cipher_run(s->rtcp, s->gcm, 1, s->rsalt, r32(b + 4), 0, idx, b, 8, e, b + 8, body - 8, b + body, 0) ? body : -1;
}
