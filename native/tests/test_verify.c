/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "domains.h"

static chipid_bytes
digest_of(const char *hash, const char *message)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t size = 0;

    CHECK(EVP_Q_digest(NULL, hash, NULL, message, strlen(message), digest, &size) == 1);
    return octets(digest, size);
}

/* ECDSA: RFC 6979 A.2.5, A.2.6, A.2.7 (message "sample") ------------------------------------------------------------------ */

static const struct {
    const char *curve, *hash, *point, *r, *s;
} signatures[] = {
    {"secp256r1", "SHA256",
     "0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB67903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
     "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
     "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"},
    /* a digest longer than the order, cut by libcrypto */
    {"secp256r1", "SHA512",
     "0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB67903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
     "8496A60B5E9B47C825488827E0495B0E3FA109EC4568FD3F8D1097678EB97F00",
     "2362AB1ADBE2B8ADF9CB9EDAB740EA6049C028114F2460F96554F61FAE3302FE"},
    {"secp192r1", "SHA1",
     "04AC2C77F529F91689FEA0EA5EFEC7F210D8EEA0B9E047ED563BC723E57670BD4887EBC732C523063D0A7C957BC97C1C43",
     "98C6BD12B23EAF5E2A2045132086BE3EB8EBD62ABF6698FF",
     "57A22B07DEA9530F8DE9471B1DC6624472E8E2844BC25B64"},
};

static bool
ecdsa(const chipid_ec *ec, chipid_bytes point, chipid_bytes digest, chipid_bytes r, chipid_bytes s)
{
    bool valid = true;

    CHECK_STATUS(CHIPID_OK, chipid_ecdsa_verify(ec, point, digest, r, s, &valid));
    return valid;
}

static chipid_bytes
flipped(chipid_bytes bytes, size_t bit)
{
    chipid_bytes other = part(bytes, 0, bytes.size);

    writable(other)[bit / 8] ^= (uint8_t)(1u << bit % 8);
    return other;
}

static void
ecdsa_published(void)
{
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        chipid_ec *ec = curve_of(signatures[i].curve);
        chipid_bytes point = hex(signatures[i].point), r = hex(signatures[i].r), s = hex(signatures[i].s);
        chipid_bytes digest = digest_of(signatures[i].hash, "sample"), n = curve_number(ec, CHIPID_EC_ORDER);

        CHECK(ecdsa(ec, point, digest, r, s));
        CHECK(ecdsa(ec, point, digest, octets("\0", 1), s) == false);
        for (size_t bit = 0; bit < 8 * r.size; bit += 7) {
            CHECK(!ecdsa(ec, point, digest, flipped(r, bit), s));
            CHECK(!ecdsa(ec, point, digest, r, flipped(s, bit)));
        }
        CHECK(!ecdsa(ec, point, flipped(digest, 0), r, s));
        CHECK(!ecdsa(ec, point, digest, s, r));
        /* Out of range is no signature, and no exception either: r + n, n, 0, nothing. */
        CHECK(!ecdsa(ec, point, digest, n, s) && !ecdsa(ec, point, digest, r, n));
        CHECK(!ecdsa(ec, point, digest, hex("00"), s) && !ecdsa(ec, point, digest, r, hex("0000")));
        CHECK(!ecdsa(ec, point, digest, hex(""), s) && !ecdsa(ec, point, digest, r, (chipid_bytes){NULL, 0}));
        CHECK(!ecdsa(ec, point, digest, hex("00"), hex("00")));
        chipid_ec_free(ec);
    }
}

/* Q = G and r = n - e: u1*G + u2*Q is infinity whatever s is. A forger may send that, and it is a wrong signature, no error. */
static void
ecdsa_through_infinity(void)
{
    chipid_ec *ec = curve_of("secp256r1");
    chipid_bytes e = hex("0000000000000000000000000000000000000000000000000000000000000001");
    chipid_bytes g = curve_generator(ec), r = curve_number(ec, CHIPID_EC_ORDER);

    writable(r)[r.size - 1]--;
    CHECK(!ecdsa(ec, g, e, r, hex("01")) && !ecdsa(ec, g, e, r, hex("05")));
    chipid_ec_free(ec);
}

static void
ecdsa_refuses(void)
{
    chipid_ec *ec = curve_of("secp256r1"), *mapped;
    chipid_bytes point = hex(signatures[0].point), r = hex(signatures[0].r), digest = digest_of("SHA256", "sample");
    chipid_buffer huge = buffer(65);
    bool valid = true;

    CHECK_STATUS(CHIPID_EC_POINT, chipid_ecdsa_verify(ec, flipped(point, 8 * 64), digest, r, r, &valid));
    CHECK(!valid);
    CHECK_STATUS(CHIPID_EC_INFINITY, chipid_ecdsa_verify(ec, hex("00"), digest, r, r, &valid));
    CHECK_STATUS(CHIPID_HASH_LENGTH, chipid_ecdsa_verify(ec, point, hex(""), r, r, &valid));
    huge.size = huge.capacity;
    CHECK_STATUS(CHIPID_HASH_LENGTH, chipid_ecdsa_verify(ec, point, written(&huge), r, r, &valid));
    CHECK_STATUS(CHIPID_OK, chipid_ec_map_generic(ec, hex("02"), point, &mapped));
    CHECK_STATUS(CHIPID_EC_MAPPED, chipid_ecdsa_verify(mapped, point, digest, r, r, &valid));
    chipid_ec_free(mapped);
    chipid_ec_free(ec);
}

/* RSA: signatures made here by libcrypto ---------------------------------------------------------------------------------- */

typedef struct {
    EVP_PKEY *key;
    chipid_bytes n, e;
} rsa_key;

static chipid_bytes
rsa_number(const EVP_PKEY *key, const char *name)
{
    BIGNUM *number = NULL;
    uint8_t data[CHIPID_RSA_MAX];
    int size;

    CHECK(EVP_PKEY_get_bn_param(key, name, &number) == 1);
    size = BN_bn2bin(number, data);
    BN_free(number);
    return octets(data, (size_t)size);
}

static rsa_key
rsa_key_new(size_t bits)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);

    CHECK(key != NULL);
    return (rsa_key){key, rsa_number(key, OSSL_PKEY_PARAM_RSA_N), rsa_number(key, OSSL_PKEY_PARAM_RSA_E)};
}

static chipid_bytes
rsa_sign(EVP_PKEY *key, int padding, const char *hash, const char *mgf_hash, int salt, chipid_bytes digest)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    chipid_buffer out = buffer(CHIPID_RSA_MAX);

    CHECK(ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1);
    CHECK(EVP_PKEY_CTX_set_signature_md(ctx, EVP_get_digestbyname(hash)) == 1);
    if (padding == RSA_PKCS1_PSS_PADDING) {
        CHECK(EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_get_digestbyname(mgf_hash)) == 1);
        CHECK(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt) == 1);
    }
    out.size = out.capacity;
    CHECK(EVP_PKEY_sign(ctx, out.data, &out.size, digest.data, digest.size) == 1);
    EVP_PKEY_CTX_free(ctx);
    return written(&out);
}

static bool
pkcs1(chipid_bytes n, chipid_bytes e, chipid_hash hash, chipid_bytes digest, chipid_bytes signature)
{
    bool valid = true;

    CHECK_STATUS(CHIPID_OK, chipid_rsa_verify_pkcs1(core, n, e, hash, digest, signature, &valid));
    return valid;
}

static bool
pss(rsa_key key, chipid_hash hash, chipid_hash mgf_hash, size_t salt, chipid_bytes digest, chipid_bytes signature)
{
    bool valid = true;

    CHECK_STATUS(CHIPID_OK, chipid_rsa_verify_pss(core, key.n, key.e, hash, mgf_hash, salt, digest, signature, &valid));
    return valid;
}

static const char *const hashes[CHIPID_HASH_COUNT] = {"sha1", "sha224", "sha256", "sha384", "sha512"};

static chipid_bytes
prefixed(uint8_t octet, chipid_bytes bytes)
{
    chipid_buffer out = buffer(bytes.size + 1);

    out.data[0] = octet;
    memcpy(out.data + 1, bytes.data, bytes.size);
    out.size = out.capacity;
    return written(&out);
}

static void
rsa_signatures(void)
{
    rsa_key key = rsa_key_new(1536);

    for (chipid_hash h = CHIPID_SHA1; h < CHIPID_HASH_COUNT; h++) {
        chipid_bytes digest = digest_of(hashes[h], "sample");
        chipid_hash other = h == CHIPID_SHA1 ? CHIPID_SHA256 : CHIPID_SHA1;
        chipid_bytes signed_pkcs1 = rsa_sign(key.key, RSA_PKCS1_PADDING, hashes[h], NULL, 0, digest);
        chipid_bytes signed_pss = rsa_sign(key.key, RSA_PKCS1_PSS_PADDING, hashes[h], hashes[other], 20, digest);

        CHECK(pkcs1(key.n, key.e, h, digest, signed_pkcs1) && pkcs1(prefixed(0, key.n), prefixed(0, key.e), h, digest, signed_pkcs1));
        CHECK(!pkcs1(key.n, key.e, h, digest, flipped(signed_pkcs1, 77)) && !pkcs1(key.n, key.e, h, flipped(digest, 3), signed_pkcs1));
        CHECK(!pkcs1(key.n, key.e, h, digest, signed_pss) && !pss(key, h, h, 20, digest, signed_pkcs1));
        CHECK(!pkcs1(key.n, key.e, h, digest, part(signed_pkcs1, 0, signed_pkcs1.size - 1)));
        CHECK(!pkcs1(key.n, key.e, h, digest, prefixed(0, signed_pkcs1)) && !pkcs1(key.n, key.e, h, digest, hex("")));
        CHECK(pss(key, h, other, 20, digest, signed_pss));
        CHECK(!pss(key, h, h, 20, digest, signed_pss));      /* another mask generation */
        CHECK(!pss(key, h, other, 19, digest, signed_pss));  /* another salt length */
        CHECK(!pss(key, h, other, 21, digest, signed_pss) && !pss(key, h, other, 0, digest, signed_pss));
        CHECK(!pss(key, h, other, SIZE_MAX, digest, signed_pss) && !pss(key, h, other, 192, digest, signed_pss));
        CHECK(!pss(key, h, other, 20, flipped(digest, 3), signed_pss) && !pss(key, h, other, 20, digest, flipped(signed_pss, 3)));
        CHECK(!pss(key, h, other, 20, digest, hex("00")));
    }
    EVP_PKEY_free(key.key);
}

static void
rsa_digest_must_fit_its_hash(void)
{
    rsa_key key = rsa_key_new(1024);
    chipid_bytes signature = part(key.n, 0, key.n.size);
    bool valid = true;

    for (chipid_hash h = CHIPID_SHA1; h < CHIPID_HASH_COUNT; h++) {
        chipid_bytes wrong = digest_of(hashes[(h + 1) % CHIPID_HASH_COUNT], "sample");

        CHECK_STATUS(CHIPID_HASH_LENGTH, chipid_rsa_verify_pkcs1(core, key.n, key.e, h, wrong, signature, &valid));
        CHECK_STATUS(CHIPID_HASH_LENGTH, chipid_rsa_verify_pss(core, key.n, key.e, h, h, 20, wrong, signature, &valid));
        CHECK(!valid);
    }
    /* signature = n, and all ones: beyond the modulus */
    CHECK(!pkcs1(key.n, key.e, CHIPID_SHA1, digest_of("sha1", ""), signature));
    memset(writable(signature), 0xFF, signature.size);
    CHECK(!pkcs1(key.n, key.e, CHIPID_SHA1, digest_of("sha1", ""), signature));
    EVP_PKEY_free(key.key);
}

static void
rsa_recovers(void)
{
    rsa_key key = rsa_key_new(1024);
    chipid_bytes digest = digest_of("sha1", "sample"), signature = rsa_sign(key.key, RSA_PKCS1_PADDING, "sha1", NULL, 0, digest);
    chipid_buffer out = buffer(CHIPID_RSA_MAX), small = buffer(key.n.size - 1);
    chipid_bytes zero = flipped(hex("01"), 0), below = part(key.n, 0, key.n.size);

    CHECK_STATUS(CHIPID_OK, chipid_rsa_recover(core, key.n, key.e, signature, &out));
    CHECK(out.size == key.n.size);
    CHECK_HEX("0001FFFF", part(written(&out), 0, 4)); /* the leading zero stays: as long as the modulus */
    CHECK(chipid_equal(digest, part(written(&out), out.size - 20, 20)));
    CHECK_STATUS(CHIPID_OK, chipid_rsa_recover(core, key.n, key.e, hex("01"), &out));
    CHECK(out.size == key.n.size && out.data[out.size - 1] == 1 && out.data[0] == 0);
    CHECK_STATUS(CHIPID_OK, chipid_rsa_recover(core, key.n, key.e, zero, &out));
    writable(below)[below.size - 1]--; /* n - 1 = -1, and e is odd */
    CHECK_STATUS(CHIPID_OK, chipid_rsa_recover(core, key.n, key.e, below, &out));
    CHECK(chipid_equal(below, written(&out)));
    CHECK_STATUS(CHIPID_RSA_RANGE, chipid_rsa_recover(core, key.n, key.e, key.n, &out));
    CHECK_STATUS(CHIPID_RSA_RANGE, chipid_rsa_recover(core, key.n, key.e, prefixed(0, signature), &out));
    CHECK_STATUS(CHIPID_RSA_RANGE, chipid_rsa_recover(core, key.n, key.e, hex(""), &out));
    CHECK_STATUS(CHIPID_CAPACITY, chipid_rsa_recover(core, key.n, key.e, signature, &small));
    CHECK(small.size == 0);
    EVP_PKEY_free(key.key);
}

static void
rsa_keys_are_bounded(void)
{
    chipid_bytes digest = digest_of("sha1", ""), e = hex("010001");
    chipid_buffer n = buffer(CHIPID_RSA_MAX + 1), out = buffer(CHIPID_RSA_MAX);
    bool valid = true;

    memset(n.data, 0xFF, n.capacity);
    for (size_t size = 0; size <= n.capacity; size++) {
        chipid_bytes modulus = octets(n.data, size);
        chipid_status wanted = size < 128 || size > CHIPID_RSA_MAX ? CHIPID_RSA_KEY : CHIPID_OK;

        if (size > 130 && size < CHIPID_RSA_MAX)
            continue;
        CHECK_STATUS(wanted, chipid_rsa_verify_pkcs1(core, modulus, e, CHIPID_SHA1, digest, hex("00"), &valid));
        CHECK_STATUS(wanted, chipid_rsa_recover(core, modulus, e, hex("02"), &out));
        CHECK(!valid);
    }
    static const char *const exponents[] = {"", "00", "01", "02", "010000", "FFFFFFFFFFFFFFFFFF"};
    for (size_t i = 0; i < sizeof exponents / sizeof exponents[0]; i++)
        CHECK_STATUS(CHIPID_RSA_KEY, chipid_rsa_recover(core, octets(n.data, 128), hex(exponents[i]), hex("02"), &out));
    CHECK_STATUS(CHIPID_OK, chipid_rsa_recover(core, octets(n.data, 128), hex("03"), hex("02"), &out));
    CHECK(out.data[127] == 8);
    CHECK_STATUS(CHIPID_OK, chipid_rsa_recover(core, octets(n.data, 128), hex("FFFFFFFFFFFFFFFF"), hex("02"), &out));
    n.data[127] = 0xFE; /* even */
    CHECK_STATUS(CHIPID_RSA_KEY, chipid_rsa_recover(core, octets(n.data, 128), e, hex("02"), &out));
    n.data[127] = 0xFF;
    n.data[0] = 0x7F; /* 1023 bits */
    CHECK_STATUS(CHIPID_RSA_KEY, chipid_rsa_recover(core, octets(n.data, 128), e, hex("02"), &out));
}

/* The largest key with its largest exponent, through EVP as well (libcrypto bounds the exponent of large keys by itself). */
static void
rsa_largest_key(void)
{
    chipid_buffer n = buffer(CHIPID_RSA_MAX);
    bool valid = true;

    memset(n.data, 0xFF, n.capacity);
    n.size = n.capacity;
    CHECK_STATUS(CHIPID_OK, chipid_rsa_verify_pkcs1(core, written(&n), hex("FFFFFFFFFFFFFFFF"), CHIPID_SHA1, digest_of("sha1", ""),
                                                    prefixed(0, part(written(&n), 1, n.size - 1)), &valid));
    CHECK(!valid);
}

static void
hash_names(void)
{
    chipid_hash hash;

    for (chipid_hash h = CHIPID_SHA1; h < CHIPID_HASH_COUNT; h++) {
        CHECK_STATUS(CHIPID_OK, chipid_hash_named(hashes[h], &hash));
        CHECK(hash == h);
    }
    CHECK_STATUS(CHIPID_HASH_UNKNOWN, chipid_hash_named("md5", &hash));
    CHECK_STATUS(CHIPID_HASH_UNKNOWN, chipid_hash_named("SHA1", &hash));
}

const test verify_tests[] = {
    {"ecdsa_published", ecdsa_published},
    {"ecdsa_through_infinity", ecdsa_through_infinity},
    {"ecdsa_refuses", ecdsa_refuses},
    {"rsa_signatures", rsa_signatures},
    {"rsa_digest_must_fit_its_hash", rsa_digest_must_fit_its_hash},
    {"rsa_recovers", rsa_recovers},
    {"rsa_keys_are_bounded", rsa_keys_are_bounded},
    {"rsa_largest_key", rsa_largest_key},
    {"hash_names", hash_names},
    {NULL, NULL},
};
