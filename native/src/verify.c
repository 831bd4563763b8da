/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "ec.h"

static const struct {
    const char *name, *openssl_name;
} hashes[CHIPID_HASH_COUNT] = {
    [CHIPID_SHA1] = {"sha1", "SHA1"},         [CHIPID_SHA224] = {"sha224", "SHA2-224"}, [CHIPID_SHA256] = {"sha256", "SHA2-256"},
    [CHIPID_SHA384] = {"sha384", "SHA2-384"}, [CHIPID_SHA512] = {"sha512", "SHA2-512"},
};

chipid_status
chipid_hash_named(const char *name, chipid_hash *hash)
{
    for (chipid_hash i = CHIPID_SHA1; i < CHIPID_HASH_COUNT; i++) {
        if (strcmp(name, hashes[i].name) == 0) {
            *hash = i;
            return CHIPID_OK;
        }
    }
    return CHIPID_HASH_UNKNOWN;
}

const char *
hash_openssl_name(chipid_hash hash)
{
    return hashes[hash].openssl_name;
}

static EVP_PKEY *
public_key(OSSL_LIB_CTX *lib, const char *type, OSSL_PARAM_BLD *numbers)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(lib, type, NULL);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(numbers);
    EVP_PKEY *key = NULL;

    if (ctx != NULL && params != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
        (void)EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* ECDSA ------------------------------------------------------------------------------------------------------------------- */

/* NULL for what is longer than any order (and might be for an int); whether it is in 1 ... n-1 is for libcrypto to judge. */
static BIGNUM *
signature_number(chipid_bytes octets)
{
    chipid_bytes stripped = bytes_stripped(octets);

    return stripped.size <= CHIPID_FIELD_MAX ? BN_bin2bn(stripped.data, (int)stripped.size, NULL) : NULL;
}

/* The DER form that EVP wants; NULL where r or s cannot be one. */
static uint8_t *
encode_signature(chipid_bytes r, chipid_bytes s, int *size)
{
    BIGNUM *first = signature_number(r), *second = signature_number(s);
    ECDSA_SIG *signature = ECDSA_SIG_new();
    uint8_t *der = NULL;

    if (first != NULL && second != NULL && signature != NULL && ECDSA_SIG_set0(signature, first, second) == 1) {
        first = second = NULL;
        *size = i2d_ECDSA_SIG(signature, &der);
    }
    BN_free(first);
    BN_free(second);
    ECDSA_SIG_free(signature);
    return der;
}

static EVP_PKEY *
ec_public_key(const chipid_ec *ec, chipid_bytes point)
{
    OSSL_PARAM_BLD *numbers = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;

    if (numbers == NULL)
        return NULL;
    if (OSSL_PARAM_BLD_push_utf8_string(numbers, OSSL_PKEY_PARAM_GROUP_NAME, curve_openssl_name(ec->index), 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(numbers, OSSL_PKEY_PARAM_PUB_KEY, point.data, point.size) == 1)
        key = public_key(ec->core->lib, "EC", numbers);
    OSSL_PARAM_BLD_free(numbers);
    return key;
}

chipid_status
chipid_ecdsa_verify(const chipid_ec *ec, chipid_bytes public_point, chipid_bytes digest, chipid_bytes r, chipid_bytes s, bool *valid)
{
    chipid_status status;
    uint8_t octets[CHIPID_POINT_MAX];
    chipid_buffer point = buffer_over(octets, sizeof octets);
    EVP_PKEY_CTX *ctx = NULL;
    EVP_PKEY *key = NULL;
    uint8_t *der = NULL;
    int size = 0;

    *valid = false;
    if (ec->mapped != NULL)
        return CHIPID_EC_MAPPED; /* no signature is made on an ephemeral generator */
    if (digest.size == 0 || digest.size > EVP_MAX_MD_SIZE)
        return CHIPID_HASH_LENGTH;
    if ((status = chipid_ec_check_point(ec, public_point, &point)) != CHIPID_OK)
        return status;
    ERR_set_mark();
    if ((der = encode_signature(r, s, &size)) == NULL) {
        status = CHIPID_OK; /* no signature */
        goto fail;
    }
    status = CHIPID_CRYPTO;
    if ((key = ec_public_key(ec, bytes_of(point.data, point.size))) == NULL)
        goto fail;
    if ((ctx = EVP_PKEY_CTX_new_from_pkey(ec->core->lib, key, NULL)) == NULL || EVP_PKEY_verify_init(ctx) != 1)
        goto fail;
    /*
     * Below 0 is libcrypto's answer where u1*G + u2*Q is infinity, which a forger can bring about: like 0, it is a signature that is
     * wrong. Key, range and lengths have been checked before, so nothing else of the caller's can be the reason.
     */
    *valid = EVP_PKEY_verify(ctx, der, (size_t)size, digest.data, digest.size) == 1;
    status = CHIPID_OK;
fail:
    OPENSSL_free(der);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    ERR_pop_to_mark();
    return status;
}

/* RSA --------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    BIGNUM *n, *e;
    size_t size; /* octets of n */
} rsa_numbers;

static void
rsa_numbers_free(rsa_numbers *rsa)
{
    BN_free(rsa->n);
    BN_free(rsa->e);
}

/* Bounds that keep the work of a hostile key small and shut out the keys that verify anything. */
static chipid_status
rsa_numbers_read(chipid_bytes n, chipid_bytes e, rsa_numbers *rsa)
{
    chipid_bytes modulus = bytes_stripped(n), exponent = bytes_stripped(e);

    *rsa = (rsa_numbers){0};
    if (modulus.size > CHIPID_RSA_MAX || exponent.size > CHIPID_RSA_EXPONENT_BITS_MAX / 8)
        return CHIPID_RSA_KEY;
    rsa->n = BN_bin2bn(modulus.data, (int)modulus.size, NULL);
    rsa->e = BN_bin2bn(exponent.data, (int)exponent.size, NULL);
    if (rsa->n == NULL || rsa->e == NULL)
        return CHIPID_MEMORY;
    rsa->size = modulus.size;
    if (BN_num_bits(rsa->n) < CHIPID_RSA_BITS_MIN || !BN_is_odd(rsa->n))
        return CHIPID_RSA_KEY;
    return BN_is_odd(rsa->e) && !BN_is_one(rsa->e) ? CHIPID_OK : CHIPID_RSA_KEY;
}

static EVP_PKEY *
rsa_public_key(const chipid_core *core, const rsa_numbers *rsa)
{
    OSSL_PARAM_BLD *numbers = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;

    if (numbers == NULL)
        return NULL;
    if (OSSL_PARAM_BLD_push_BN(numbers, OSSL_PKEY_PARAM_RSA_N, rsa->n) == 1 &&
        OSSL_PARAM_BLD_push_BN(numbers, OSSL_PKEY_PARAM_RSA_E, rsa->e) == 1)
        key = public_key(core->lib, "RSA", numbers);
    OSSL_PARAM_BLD_free(numbers);
    return key;
}

typedef struct {
    int padding; /* RSA_PKCS1_PADDING or RSA_PKCS1_PSS_PADDING */
    chipid_hash hash, mgf_hash;
    int salt_length;
} rsa_scheme;

static bool
set_scheme(const chipid_core *core, EVP_PKEY_CTX *ctx, const rsa_scheme *scheme)
{
    if (EVP_PKEY_CTX_set_rsa_padding(ctx, scheme->padding) != 1 ||
        EVP_PKEY_CTX_set_signature_md(ctx, core->hash[scheme->hash]) != 1)
        return false;
    if (scheme->padding != RSA_PKCS1_PSS_PADDING)
        return true;
    return EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, core->hash[scheme->mgf_hash]) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, scheme->salt_length) == 1;
}

static chipid_status
rsa_verify(const chipid_core *core, chipid_bytes n, chipid_bytes e, const rsa_scheme *scheme, chipid_bytes digest,
           chipid_bytes signature, bool *valid)
{
    chipid_status status;
    rsa_numbers rsa;
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = NULL;

    *valid = false;
    ERR_set_mark();
    if ((status = rsa_numbers_read(n, e, &rsa)) != CHIPID_OK)
        goto fail;
    if (digest.size != (size_t)EVP_MD_get_size(core->hash[scheme->hash])) {
        status = CHIPID_HASH_LENGTH;
        goto fail;
    }
    if (signature.size != rsa.size)
        goto fail; /* RFC 8017 §8.1.2, §8.2.2 step 1: not a signature */
    status = CHIPID_CRYPTO;
    if ((key = rsa_public_key(core, &rsa)) == NULL || (ctx = EVP_PKEY_CTX_new_from_pkey(core->lib, key, NULL)) == NULL)
        goto fail;
    if (EVP_PKEY_verify_init(ctx) != 1 || !set_scheme(core, ctx, scheme))
        goto fail;
    *valid = EVP_PKEY_verify(ctx, signature.data, signature.size, digest.data, digest.size) == 1;
    status = CHIPID_OK;
fail:
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    rsa_numbers_free(&rsa);
    ERR_pop_to_mark();
    return status;
}

chipid_status
chipid_rsa_verify_pkcs1(const chipid_core *core, chipid_bytes n, chipid_bytes e, chipid_hash hash, chipid_bytes digest,
                        chipid_bytes signature, bool *valid)
{
    const rsa_scheme scheme = {.padding = RSA_PKCS1_PADDING, .hash = hash};

    return rsa_verify(core, n, e, &scheme, digest, signature, valid);
}

chipid_status
chipid_rsa_verify_pss(const chipid_core *core, chipid_bytes n, chipid_bytes e, chipid_hash hash, chipid_hash mgf_hash,
                      size_t salt_length, chipid_bytes digest, chipid_bytes signature, bool *valid)
{
    /* A salt longer than any modulus fits into no signature: cut, so that it fits an int and still fits none. */
    const int salt = salt_length < CHIPID_RSA_MAX ? (int)salt_length : CHIPID_RSA_MAX;
    const rsa_scheme scheme = {RSA_PKCS1_PSS_PADDING, hash, mgf_hash, salt};

    return rsa_verify(core, n, e, &scheme, digest, signature, valid);
}

chipid_status
chipid_rsa_recover(const chipid_core *core, chipid_bytes n, chipid_bytes e, chipid_bytes signature, chipid_buffer *out)
{
    chipid_status status;
    rsa_numbers rsa;
    BN_CTX *ctx = NULL;
    BIGNUM *number = NULL;
    uint8_t *to;

    buffer_reset(out);
    ERR_set_mark();
    if ((status = rsa_numbers_read(n, e, &rsa)) != CHIPID_OK)
        goto fail;
    status = CHIPID_RSA_RANGE;
    if (signature.size == 0 || signature.size > rsa.size)
        goto fail;
    status = CHIPID_MEMORY;
    if ((ctx = BN_CTX_new_ex(core->lib)) == NULL || (number = BN_bin2bn(signature.data, (int)signature.size, NULL)) == NULL)
        goto fail;
    status = CHIPID_RSA_RANGE;
    if (BN_cmp(number, rsa.n) >= 0)
        goto fail;
    status = CHIPID_CAPACITY;
    if ((to = buffer_claim(out, rsa.size)) == NULL)
        goto fail;
    status = CHIPID_CRYPTO;
    if (BN_mod_exp_mont(number, number, rsa.e, rsa.n, ctx, NULL) != 1 || BN_bn2binpad(number, to, (int)rsa.size) != (int)rsa.size)
        goto fail;
    status = CHIPID_OK;
fail:
    if (status != CHIPID_OK)
        buffer_discard(out);
    BN_free(number);
    BN_CTX_free(ctx);
    rsa_numbers_free(&rsa);
    ERR_pop_to_mark();
    return status;
}
