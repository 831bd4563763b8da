/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "ec.h"

/* In an array of our own: a builder of parameters would leave the key in memory that nobody wipes. */
static EVP_PKEY *
private_key(const chipid_ec *ec, const BIGNUM *scalar, size_t size)
{
    uint8_t octets[CHIPID_FIELD_MAX];
    char group[32];
    OSSL_PARAM params[3];
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(ec->core->lib, "EC", NULL);
    EVP_PKEY *key = NULL;

    if (ctx == NULL || BN_bn2nativepad(scalar, octets, (int)size) != (int)size)
        goto fail;
    (void)OPENSSL_strlcpy(group, curve_openssl_name(ec->index), sizeof group);
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
    params[1] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, octets, size);
    params[2] = OSSL_PARAM_construct_end();
    if (EVP_PKEY_fromdata_init(ctx) == 1)
        (void)EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params);
fail:
    chipid_wipe(octets, sizeof octets);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* r || s, each as long as the order (BSI TR-03111 §5.2.1, plain signature format), out of libcrypto's DER. */
static chipid_status
write_plain(chipid_bytes der, size_t size, chipid_buffer *out)
{
    const uint8_t *at = der.data;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)der.size);
    chipid_status status = CHIPID_CRYPTO;
    uint8_t *r, *s;

    if (signature == NULL)
        return status;
    if ((r = buffer_claim(out, size)) == NULL || (s = buffer_claim(out, size)) == NULL)
        status = CHIPID_CAPACITY;
    else if (BN_bn2binpad(ECDSA_SIG_get0_r(signature), r, (int)size) == (int)size &&
             BN_bn2binpad(ECDSA_SIG_get0_s(signature), s, (int)size) == (int)size)
        status = CHIPID_OK;
    ECDSA_SIG_free(signature);
    return status;
}

static chipid_status
sign(const chipid_ec *ec, const BIGNUM *scalar, chipid_bytes digest, chipid_buffer *out)
{
    const size_t size = (size_t)BN_num_bytes(EC_GROUP_get0_order(ec->group));
    uint8_t der[2 * CHIPID_FIELD_MAX + 16]; /* two INTEGERs with a sign octet, headers of at most 3 octets */
    size_t written = sizeof der;
    chipid_status status = CHIPID_CRYPTO;
    EVP_PKEY *key = private_key(ec, scalar, size);
    EVP_PKEY_CTX *ctx = NULL;

    if (key != NULL && (ctx = EVP_PKEY_CTX_new_from_pkey(ec->core->lib, key, NULL)) != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
        EVP_PKEY_sign(ctx, der, &written, digest.data, digest.size) == 1)
        status = write_plain(bytes_of(der, written), size, out);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    return status;
}

chipid_status
chipid_ecdsa_sign(const chipid_ec *ec, chipid_bytes private_octets, chipid_bytes digest, chipid_buffer *signature)
{
    chipid_status status;
    BIGNUM *scalar = NULL;

    buffer_reset(signature);
    if (ec->mapped != NULL)
        return CHIPID_EC_MAPPED; /* no signature is made on an ephemeral generator */
    if (digest.size == 0 || digest.size > EVP_MAX_MD_SIZE)
        return CHIPID_HASH_LENGTH;
    ERR_set_mark();
    if ((status = ec_read_private(ec, private_octets, &scalar)) == CHIPID_OK)
        status = sign(ec, scalar, digest, signature);
    BN_clear_free(scalar);
    if (status != CHIPID_OK)
        buffer_discard(signature);
    ERR_pop_to_mark();
    return status;
}
