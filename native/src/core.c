/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>

static const char *const cbc_names[CHIPID_CIPHER_COUNT] = {"DES-EDE3-CBC", "AES-128-CBC", "AES-192-CBC", "AES-256-CBC"};
static const char *const ecb_names[CHIPID_CIPHER_COUNT] = {"DES-EDE3-ECB", "AES-128-ECB", "AES-192-ECB", "AES-256-ECB"};

static bool
fetch_all(chipid_core *core)
{
    for (chipid_cipher i = CHIPID_3DES; i < CHIPID_CIPHER_COUNT; i++) {
        core->cbc[i] = EVP_CIPHER_fetch(core->lib, cbc_names[i], NULL);
        core->ecb[i] = EVP_CIPHER_fetch(core->lib, ecb_names[i], NULL);
        if (core->cbc[i] == NULL || core->ecb[i] == NULL)
            return false;
    }
    for (chipid_hash i = CHIPID_SHA1; i < CHIPID_HASH_COUNT; i++) {
        core->hash[i] = EVP_MD_fetch(core->lib, hash_openssl_name(i), NULL);
        if (core->hash[i] == NULL)
            return false;
    }
    return true;
}

chipid_status
chipid_core_new(chipid_core **core)
{
    chipid_status status = CHIPID_CRYPTO;
    chipid_core *made = NULL;

    *core = NULL;
    ERR_set_mark();
    if ((made = OPENSSL_zalloc(sizeof *made)) == NULL) {
        status = CHIPID_MEMORY;
        goto fail;
    }
    atomic_init(&made->owners, 1);
    if ((made->lib = OSSL_LIB_CTX_new()) == NULL || (made->provider = OSSL_PROVIDER_load(made->lib, "default")) == NULL)
        goto fail;
    if (!fetch_all(made))
        goto fail;
    if ((status = curves_build(made)) != CHIPID_OK || (status = dh_groups_build(made)) != CHIPID_OK)
        goto fail;
    *core = made;
    made = NULL;
    status = CHIPID_OK;
fail:
    chipid_core_free(made);
    ERR_pop_to_mark();
    return status;
}

chipid_core *
chipid_core_share(chipid_core *core)
{
    atomic_fetch_add_explicit(&core->owners, 1, memory_order_relaxed);
    return core;
}

void
chipid_core_free(chipid_core *core)
{
    if (core == NULL || atomic_fetch_sub_explicit(&core->owners, 1, memory_order_acq_rel) != 1)
        return;
    curves_free(core);
    dh_groups_free(core);
    for (size_t i = 0; i < CHIPID_CIPHER_COUNT; i++) {
        EVP_CIPHER_free(core->cbc[i]);
        EVP_CIPHER_free(core->ecb[i]);
    }
    for (size_t i = 0; i < CHIPID_HASH_COUNT; i++)
        EVP_MD_free(core->hash[i]);
    if (core->provider != NULL)
        (void)OSSL_PROVIDER_unload(core->provider);
    OSSL_LIB_CTX_free(core->lib);
    OPENSSL_free(core);
}

const char *
chipid_openssl_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION);
}
