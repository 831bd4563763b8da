/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHIPID_CORE_INTERNAL_H
#define CHIPID_CORE_INTERNAL_H

#include <stdatomic.h>

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "chipid_core.h"

#define CURVE_COUNT 12
#define DH_GROUP_COUNT 3

typedef struct dh_group dh_group; /* dh.h */

/* What EC_GROUP cannot be asked for without computing: a curve's numbers, held for comparison. */
typedef struct {
    EC_GROUP *group;
    BIGNUM *p, *a, *b;
} curve;

struct chipid_core {
    atomic_uint owners;
    /* Our own library context: what openssl.cnf of the machine forbids or adds must not change a verdict. */
    OSSL_LIB_CTX *lib;
    OSSL_PROVIDER *provider;
    /* OpenSSL 3 looks an algorithm up by name at a cost many times that of a short message: done once. */
    EVP_CIPHER *cbc[CHIPID_CIPHER_COUNT];
    EVP_CIPHER *ecb[CHIPID_CIPHER_COUNT];
    EVP_MD *hash[CHIPID_HASH_COUNT];
    curve curves[CURVE_COUNT];
    dh_group *dh_groups[DH_GROUP_COUNT]; /* by parameter ID */
};

/* ec_params.c */
chipid_status curves_build(chipid_core *core);
void curves_free(chipid_core *core);
const char *curve_name(size_t index);
const char *curve_openssl_name(size_t index);
bool curve_named(const char *name, size_t *index);

/* dh_params.c */
chipid_status dh_groups_build(chipid_core *core);
void dh_groups_free(chipid_core *core);

/* verify.c */
const char *hash_openssl_name(chipid_hash hash);

#endif
