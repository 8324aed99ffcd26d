/* OpenSSL's AES-GCM and HMAC, with its headers or without. AES-GCM, which each packet takes, by the newest that there is. */
#ifndef FAN_CIPHER_H
#define FAN_CIPHER_H

#if defined(__has_include) && __has_include(<openssl/evp.h>)
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#else
/* The few functions we use, as OpenSSL 1.1 and 3 document them, for machines with the library but not its headers. */
typedef struct evp_cipher_ctx_st EVP_CIPHER_CTX;
typedef struct evp_cipher_st EVP_CIPHER;
typedef struct evp_md_st EVP_MD;
typedef struct engine_st ENGINE;
#define EVP_CTRL_GCM_GET_TAG 0x10
#define EVP_CTRL_GCM_SET_TAG 0x11
EVP_CIPHER_CTX *EVP_CIPHER_CTX_new(void);
void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX *);
const EVP_CIPHER *EVP_aes_128_gcm(void);
int EVP_EncryptInit_ex(EVP_CIPHER_CTX *, const EVP_CIPHER *, ENGINE *, const unsigned char *, const unsigned char *);
int EVP_EncryptUpdate(EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *, int);
int EVP_EncryptFinal_ex(EVP_CIPHER_CTX *, unsigned char *, int *);
int EVP_DecryptInit_ex(EVP_CIPHER_CTX *, const EVP_CIPHER *, ENGINE *, const unsigned char *, const unsigned char *);
int EVP_DecryptUpdate(EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *, int);
int EVP_DecryptFinal_ex(EVP_CIPHER_CTX *, unsigned char *, int *);
int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *, int, int, void *);
unsigned long OpenSSL_version_num(void);
const EVP_MD *EVP_sha1(void);
unsigned char *HMAC(const EVP_MD *, const void *, int, const unsigned char *, size_t, unsigned char *, unsigned int *);
int CRYPTO_memcmp(const void *, const void *, size_t);
#endif

/* The functions of one OpenSSL. A context of one is nothing to another. */
typedef struct {
    unsigned long (*version)(void);
    EVP_CIPHER_CTX *(*begin)(void);
    void (*end)(EVP_CIPHER_CTX *);
    const EVP_CIPHER *(*aes_128_gcm)(void);
    int (*encrypt_under)(EVP_CIPHER_CTX *, const EVP_CIPHER *, ENGINE *, const unsigned char *, const unsigned char *);
    int (*encrypt)(EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *, int);
    int (*encrypted)(EVP_CIPHER_CTX *, unsigned char *, int *);
    int (*decrypt_under)(EVP_CIPHER_CTX *, const EVP_CIPHER *, ENGINE *, const unsigned char *, const unsigned char *);
    int (*decrypt)(EVP_CIPHER_CTX *, unsigned char *, int *, const unsigned char *, int);
    int (*decrypted)(EVP_CIPHER_CTX *, unsigned char *, int *);
    int (*control)(EVP_CIPHER_CTX *, int, int, void *);
} openssl_t;

extern openssl_t openssl; /* cipher.c */

#endif
