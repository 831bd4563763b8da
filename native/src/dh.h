/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHIPID_DH_H
#define CHIPID_DH_H

#include "core.h"
#include "mem.h"

/* The numbers of one group, shared by its domain and those mapped from it; immutable once made. */
struct dh_group {
    atomic_uint owners;
    char name[24];
    BIGNUM *p, *g;
    BIGNUM *q;    /* the order of g; NULL: unknown */
    BIGNUM *last; /* p - 1 */
    BN_MONT_CTX *mont;
    size_t size; /* octets of p */
};

struct chipid_dh {
    chipid_core *core;
    dh_group *group;
    BIGNUM *mapped; /* NULL: the group's own generator */
};

/* p odd and above 2; the numbers are copied. q may be NULL, name too ("modp<bits>" then). */
chipid_status dh_group_new(const char *name, const BIGNUM *p, const BIGNUM *g, const BIGNUM *q, BN_CTX *ctx, dh_group **group);
dh_group *dh_group_share(dh_group *group);
void dh_group_free(dh_group *group);

/* Gives over group and mapped, which may be NULL, to the domain; on failure both stay the caller's. */
chipid_status dh_over(chipid_core *core, dh_group *group, BIGNUM *mapped, chipid_dh **dh);
/* A validated element: 1 < y < p-1, and y^q = 1 where q is known. Free with BN_clear_free. */
chipid_status dh_read_element(const chipid_dh *dh, chipid_bytes octets, BN_CTX *ctx, BIGNUM **element);
/* Whether 1 < y < p-1. */
bool dh_in_range(const dh_group *group, const BIGNUM *y);
/* to = base^exponent mod p; no branch or address depends on the exponent, leading zero words apart (README). base < p. */
bool dh_power(const dh_group *group, BIGNUM *to, const BIGNUM *base, const BIGNUM *exponent, BN_CTX *ctx);

#endif
