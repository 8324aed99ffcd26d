/* Which OpenSSL encrypts: of those in the process the newest. 3.0 takes twice the time of 3.1 and later for AES-GCM on a machine with
 * AVX-512, and for a packet of sound on any; Debian 12 has 3.0, and pylibsrtp's wheel, which is there anyway, carries 3.5.
 */
#include "parts.h"

#include <dlfcn.h>
#include <string.h>

openssl_t openssl = {
    OpenSSL_version_num, EVP_CIPHER_CTX_new,  EVP_CIPHER_CTX_free, EVP_aes_128_gcm,     EVP_EncryptInit_ex,  EVP_EncryptUpdate,
    EVP_EncryptFinal_ex, EVP_DecryptInit_ex,  EVP_DecryptUpdate,   EVP_DecryptFinal_ex, EVP_CIPHER_CTX_ctrl,
};

static const char *const names[] = {
    "OpenSSL_version_num", "EVP_CIPHER_CTX_new", "EVP_CIPHER_CTX_free", "EVP_aes_128_gcm",     "EVP_EncryptInit_ex",  "EVP_EncryptUpdate",
    "EVP_EncryptFinal_ex", "EVP_DecryptInit_ex", "EVP_DecryptUpdate",   "EVP_DecryptFinal_ex", "EVP_CIPHER_CTX_ctrl",
};

#define COUNT (sizeof names / sizeof *names)

_Static_assert(sizeof openssl == COUNT * sizeof(void *), "each function has its name");

unsigned long fan_openssl(void) { return openssl.version(); }

int fan_openssl_at(const char *path) {
    void *found[COUNT], *library = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
    if (!library) return 0;
    int whole = 1;
    for (size_t i = 0; i < COUNT; i++) whole &= (found[i] = dlsym(library, names[i])) != NULL;
    openssl_t other;
    memcpy(&other, found, sizeof other);
    if (!whole || other.version() <= openssl.version()) {
        dlclose(library);
        return 0;
    }
    openssl = other; /* whose library stays open */
    return 1;
}
