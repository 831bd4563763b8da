/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C core against its limit: bare libcrypto calls over the same octets, round by round in the same process.
 * Prints one JSON object a line: {"name", "unit", "limit": [ns a call, one a round], "ours": [...]}; "ours" is absent where Python measures it.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "chipid_core.h"

#define ROUNDS 15

#define MUST(what)                                                     \
    do {                                                               \
        if (!(what)) {                                                 \
            fprintf(stderr, "core_bench: line %d failed\n", __LINE__); \
            exit(1);                                                   \
        }                                                              \
    } while (0)

static double now(void) {
    struct timespec at;
    MUST(clock_gettime(CLOCK_MONOTONIC, &at) == 0);
    return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

static void print(const char *name, const double *limit, const double *ours) {
    printf("{\"name\": \"%s\", \"limit\": [", name);
    for (int i = 0; i < ROUNDS; i++) printf("%s%.1f", i ? ", " : "", limit[i]);
    if (ours) {
        printf("], \"ours\": [");
        for (int i = 0; i < ROUNDS; i++) printf("%s%.1f", i ? ", " : "", ours[i]);
    }
    printf("]}\n");
    fflush(stdout);
}

/* Secure messaging: one response of a READ BINARY, as the terminal takes it ------------------------------------------------ */

typedef struct {
    const char *name;
    chipid_cipher cipher;
    const char *bare;
    size_t key, block;
} suite;

static const suite SUITES[] = {
    {"AES-128", CHIPID_AES_128, "AES-128-CBC", 16, 16},
    {"3DES", CHIPID_3DES, "DES-EDE-CBC", 16, 8},
};

/* What no implementation can do without: the IV (AES), the decryption of the data, the MAC over the padded message. */
typedef struct {
    EVP_CIPHER_CTX *ecb, *cbc, *des, *last;
    EVP_MAC_CTX *mac;
} bare_session;

static void bare_open(bare_session *s, const suite *kind, const uint8_t *enc, const uint8_t *mac) {
    memset(s, 0, sizeof *s);
    MUST((s->cbc = EVP_CIPHER_CTX_new()) && (s->ecb = EVP_CIPHER_CTX_new()));
    EVP_CIPHER *cbc = EVP_CIPHER_fetch(NULL, kind->bare, NULL);
    MUST(cbc && EVP_DecryptInit_ex2(s->cbc, cbc, enc, NULL, NULL) && EVP_CIPHER_CTX_set_padding(s->cbc, 0));
    EVP_CIPHER_free(cbc);
    if (kind->block == 16) {
        EVP_CIPHER *ecb = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
        MUST(ecb && EVP_EncryptInit_ex2(s->ecb, ecb, enc, NULL, NULL));
        EVP_CIPHER_free(ecb);
        EVP_MAC *cmac = EVP_MAC_fetch(NULL, "CMAC", NULL);
        char cipher_name[] = "AES-128-CBC";
        OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher_name, 0), OSSL_PARAM_END};
        MUST(cmac && (s->mac = EVP_MAC_CTX_new(cmac)) && EVP_MAC_init(s->mac, mac, 16, params));
        EVP_MAC_free(cmac);
        return;
    }
    /* Retail MAC: DES-CBC with K1 (EDE with K1 K1 K1), then one EDE block with K1 K2 K1. */
    uint8_t single[24];
    for (int i = 0; i < 3; i++) memcpy(single + 8 * i, mac, 8);
    EVP_CIPHER *des = EVP_CIPHER_fetch(NULL, "DES-EDE3-CBC", NULL), *last = EVP_CIPHER_fetch(NULL, "DES-EDE-ECB", NULL);
    MUST(des && last && (s->des = EVP_CIPHER_CTX_new()) && (s->last = EVP_CIPHER_CTX_new()));
    MUST(EVP_EncryptInit_ex2(s->des, des, single, NULL, NULL) && EVP_CIPHER_CTX_set_padding(s->des, 0));
    MUST(EVP_EncryptInit_ex2(s->last, last, mac, NULL, NULL) && EVP_CIPHER_CTX_set_padding(s->last, 0));
    EVP_CIPHER_free(des);
    EVP_CIPHER_free(last);
}

static void bare_call(bare_session *s, const suite *kind, const uint8_t *data, size_t size, size_t authenticated, uint8_t *out) {
    uint8_t iv[16] = {0}, mac[16];
    size_t mac_size;
    int n;
    if (kind->block == 16) {
        MUST(EVP_EncryptUpdate(s->ecb, iv, &n, iv, 16));
        MUST(EVP_MAC_init(s->mac, NULL, 0, NULL) && EVP_MAC_update(s->mac, data, authenticated) &&
             EVP_MAC_final(s->mac, mac, &mac_size, sizeof mac));
    } else {
        MUST(EVP_EncryptInit_ex2(s->des, NULL, NULL, iv, NULL) && EVP_EncryptUpdate(s->des, out, &n, data, (int)(authenticated & ~7ul)));
        MUST(EVP_EncryptUpdate(s->last, mac, &n, out, 8));
    }
    MUST(EVP_DecryptInit_ex2(s->cbc, NULL, NULL, iv, NULL) && EVP_DecryptUpdate(s->cbc, out, &n, data, (int)size));
}

static void bench_secure_messaging(chipid_core *core, const suite *kind, size_t plain) {
    size_t calls = plain > 1000 ? 40 : 2000, room = plain + 2 + CHIPID_SM_OVERHEAD;
    uint8_t keys[32], ssc[16] = {0}, *response = calloc(1, plain + 2), *wire = malloc(calls * room), *out = malloc(room + 64);
    size_t *sizes = malloc(calls * sizeof *sizes);
    double limit[ROUNDS], ours[ROUNDS];
    MUST(response && wire && out && sizes && RAND_bytes(keys, sizeof keys) == 1);
    response[plain] = 0x90;
    chipid_sm *chip, *terminal;
    chipid_bytes enc = {keys, 16}, mac = {keys + 16, 16}, counter = {ssc, kind->block};
    MUST(!chipid_sm_new(core, kind->cipher, enc, mac, counter, &chip) && !chipid_sm_new(core, kind->cipher, enc, mac, counter, &terminal));
    bare_session bare;
    bare_open(&bare, kind, keys, keys + 16);
    size_t padded = (plain / kind->block + 1) * kind->block;
    /* SSC, DO87 and DO99, padded: what the MAC runs over. */
    size_t authenticated = (kind->block + 3 + 1 + padded + 4) / kind->block * kind->block + kind->block;
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < calls; i++) {
            chipid_buffer to = {wire + i * room, room, 0};
            MUST(!chipid_sm_protect_response(chip, (chipid_bytes){response, plain + 2}, &to));
            sizes[i] = to.size;
        }
        double start = now();
        for (size_t i = 0; i < calls; i++) {
            chipid_buffer to = {out, room, 0};
            MUST(!chipid_sm_unprotect_response(terminal, (chipid_bytes){wire + i * room, sizes[i]}, &to));
        }
        ours[round] = (now() - start) / (double)calls;
        start = now();
        for (size_t i = 0; i < calls; i++) bare_call(&bare, kind, wire, padded, authenticated, out);
        limit[round] = (now() - start) / (double)calls;
    }
    char name[80];
    snprintf(name, sizeof name, "secure messaging, response of %zu octets, %s", plain, kind->name);
    print(name, limit, ours);
    chipid_sm_free(chip);
    chipid_sm_free(terminal);
    EVP_CIPHER_CTX_free(bare.cbc);
    EVP_CIPHER_CTX_free(bare.ecb);
    EVP_CIPHER_CTX_free(bare.des);
    EVP_CIPHER_CTX_free(bare.last);
    EVP_MAC_CTX_free(bare.mac);
    free(response);
    free(wire);
    free(out);
    free(sizes);
}

/* PACE-GM: the terminal's five scalar multiplications ---------------------------------------------------------------------- */

static void bench_pace_multiplications(void) {
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_brainpoolP256r1);
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *k = BN_new(), *s = BN_new();
    EC_POINT *peer = group ? EC_POINT_new(group) : NULL, *out = group ? EC_POINT_new(group) : NULL;
    double limit[ROUNDS];
    MUST(group && ctx && k && s && peer && out);
    MUST(BN_priv_rand_range(k, EC_GROUP_get0_order(group)) && BN_priv_rand(s, 128, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY));
    MUST(EC_POINT_mul(group, peer, k, NULL, NULL, ctx));
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        for (int i = 0; i < 20; i++) {
            MUST(EC_POINT_mul(group, out, k, NULL, NULL, ctx));  /* the mapping key's public point */
            MUST(EC_POINT_mul(group, out, NULL, peer, k, ctx));  /* H */
            MUST(EC_POINT_mul(group, out, s, NULL, NULL, ctx));  /* s*G, to which H is added */
            MUST(EC_POINT_mul(group, out, NULL, peer, k, ctx));  /* the ephemeral public point, on a generator without tables */
            MUST(EC_POINT_mul(group, out, NULL, peer, k, ctx));  /* K */
        }
        limit[round] = (now() - start) / 20;
    }
    print("PACE-GM terminal, brainpoolP256r1", limit, NULL);
    EC_POINT_free(peer);
    EC_POINT_free(out);
    BN_free(k);
    BN_free(s);
    BN_CTX_free(ctx);
    EC_GROUP_free(group);
}

/* Passive authentication: the digests of the files, and the two signatures -------------------------------------------------- */

static void bench_passive_authentication(void) {
    static const size_t FILES[] = {95, 18000, 415, 400, 300, 300}; /* DG1, DG2, DG13, DG14, DG15, the signed part of the SOD */
    uint8_t *data = calloc(1, 18000), digest[64], signature[256];
    size_t signature_size = sizeof signature;
    EVP_PKEY *key = EVP_EC_gen("brainpoolP384r1");
    EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL), *sha384 = EVP_MD_fetch(NULL, "SHA384", NULL);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    double limit[ROUNDS];
    MUST(data && key && sha256 && sha384 && md);
    MUST(EVP_DigestSignInit_ex(md, NULL, "SHA384", NULL, NULL, key, NULL) && EVP_DigestSign(md, signature, &signature_size, data, 1000));
    EVP_MD_CTX_reset(md);
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        for (int i = 0; i < 10; i++) {
            for (size_t f = 0; f < sizeof FILES / sizeof *FILES; f++)
                MUST(EVP_DigestInit_ex2(md, sha256, NULL) && EVP_DigestUpdate(md, data, FILES[f]) && EVP_DigestFinal_ex(md, digest, NULL));
            for (int signatures = 0; signatures < 2; signatures++) { /* the SOD's and the DSC's */
                EVP_MD_CTX_reset(md);
                MUST(EVP_DigestVerifyInit_ex(md, NULL, "SHA384", NULL, NULL, key, NULL));
                MUST(EVP_DigestVerify(md, signature, signature_size, data, 1000) == 1);
            }
            EVP_MD_CTX_reset(md);
        }
        limit[round] = (now() - start) / 10;
    }
    print("passive authentication, brainpoolP384r1", limit, NULL);
    EVP_MD_CTX_free(md);
    EVP_MD_free(sha256);
    EVP_MD_free(sha384);
    EVP_PKEY_free(key);
    free(data);
}

int main(void) {
    chipid_core *core;
    MUST(!chipid_core_new(&core));
    for (size_t i = 0; i < sizeof SUITES / sizeof *SUITES; i++) {
        bench_secure_messaging(core, &SUITES[i], 224);
        bench_secure_messaging(core, &SUITES[i], 32 * 1024);
    }
    bench_pace_multiplications();
    bench_passive_authentication();
    chipid_core_free(core);
    return 0;
}
