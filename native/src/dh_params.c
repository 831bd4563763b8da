/* SPDX-License-Identifier: Apache-2.0 */
/* The standardised groups, and the judgement of parameters that a chip or a file brings. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "dh.h"

#define ORDER_BITS_MIN 160
/* Miller-Rabin with random bases: whoever chose the number, it passes as a composite with a probability below 2^-80. */
#define PRIME_ROUNDS 40

/* ICAO 9303-11 §9.5.1, table 12, parameter IDs 0-2 (RFC 5114 §2.1-2.3). */
static const struct {
    const char *name, *openssl_name;
} known[DH_GROUP_COUNT] = {
    {"modp1024-160", "dh_1024_160"},
    {"modp2048-224", "dh_2048_224"},
    {"modp2048-256", "dh_2048_256"},
};

static EVP_PKEY *
named_parameters(OSSL_LIB_CTX *lib, const char *group)
{
    OSSL_PARAM_BLD *named = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(lib, "DHX", NULL);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *parameters = NULL;

    if (named != NULL && OSSL_PARAM_BLD_push_utf8_string(named, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1)
        params = OSSL_PARAM_BLD_to_param(named);
    if (ctx != NULL && params != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
        (void)EVP_PKEY_fromdata(ctx, &parameters, EVP_PKEY_KEY_PARAMETERS, params);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(named);
    EVP_PKEY_CTX_free(ctx);
    return parameters;
}

static chipid_status
build(chipid_core *core, size_t index, BN_CTX *ctx)
{
    chipid_status status = CHIPID_CRYPTO;
    EVP_PKEY *parameters = named_parameters(core->lib, known[index].openssl_name);
    BIGNUM *p = NULL, *g = NULL, *q = NULL;

    if (parameters != NULL && EVP_PKEY_get_bn_param(parameters, OSSL_PKEY_PARAM_FFC_P, &p) == 1 &&
        EVP_PKEY_get_bn_param(parameters, OSSL_PKEY_PARAM_FFC_G, &g) == 1 &&
        EVP_PKEY_get_bn_param(parameters, OSSL_PKEY_PARAM_FFC_Q, &q) == 1)
        status = dh_group_new(known[index].name, p, g, q, ctx, &core->dh_groups[index]);
    BN_free(p);
    BN_free(g);
    BN_free(q);
    EVP_PKEY_free(parameters);
    return status;
}

chipid_status
dh_groups_build(chipid_core *core)
{
    chipid_status status = CHIPID_OK;
    BN_CTX *ctx = BN_CTX_new_ex(core->lib);

    if (ctx == NULL)
        return CHIPID_MEMORY;
    for (size_t i = 0; i < DH_GROUP_COUNT && status == CHIPID_OK; i++)
        status = build(core, i, ctx);
    BN_CTX_free(ctx);
    return status;
}

void
dh_groups_free(chipid_core *core)
{
    for (size_t i = 0; i < DH_GROUP_COUNT; i++)
        dh_group_free(core->dh_groups[i]);
}

/* A domain over a group that stays the caller's too. */
static chipid_status
over_shared(chipid_core *core, dh_group *group, chipid_dh **dh)
{
    chipid_status status = dh_over(core, dh_group_share(group), NULL, dh);

    if (status != CHIPID_OK)
        dh_group_free(group);
    return status;
}

chipid_status
chipid_dh_standardised(chipid_core *core, unsigned parameter_id, chipid_dh **dh)
{
    *dh = NULL;
    if (parameter_id >= DH_GROUP_COUNT)
        return CHIPID_DH_PARAMETERS;
    return over_shared(core, core->dh_groups[parameter_id], dh);
}

/* Explicit parameters ----------------------------------------------------------------------------------------------------- */

typedef struct {
    BIGNUM *p, *g;
    BIGNUM *q; /* NULL: not given */
    BIGNUM *last; /* p - 1 */
    BN_CTX *ctx;
} candidate;

static void
candidate_free(candidate *c)
{
    BN_free(c->p);
    BN_free(c->g);
    BN_free(c->q);
    BN_free(c->last);
    BN_CTX_free(c->ctx);
}

/* No number is larger than the largest modulus, which bounds the work of all that follows. */
static chipid_status
read_number(chipid_bytes octets, BIGNUM **number)
{
    chipid_bytes stripped = bytes_stripped(octets);

    if (stripped.size > CHIPID_DH_MAX)
        return CHIPID_DH_PARAMETERS;
    *number = BN_bin2bn(stripped.data, (int)stripped.size, NULL);
    return *number != NULL ? CHIPID_OK : CHIPID_MEMORY;
}

static chipid_status
candidate_read(const chipid_core *core, chipid_bytes p, chipid_bytes g, const chipid_bytes *q, candidate *c)
{
    chipid_status status;

    if ((status = read_number(p, &c->p)) != CHIPID_OK || (status = read_number(g, &c->g)) != CHIPID_OK)
        return status;
    if (q != NULL && (status = read_number(*q, &c->q)) != CHIPID_OK)
        return status;
    if (BN_num_bits(c->p) < CHIPID_DH_BITS_MIN)
        return CHIPID_DH_PARAMETERS;
    if (q != NULL && BN_num_bits(c->q) < ORDER_BITS_MIN)
        return CHIPID_DH_PARAMETERS;
    if ((c->last = BN_dup(c->p)) == NULL || (c->ctx = BN_CTX_new_ex(core->lib)) == NULL || BN_sub_word(c->last, 1) != 1)
        return CHIPID_MEMORY;
    return BN_cmp(c->g, BN_value_one()) > 0 && BN_cmp(c->g, c->last) < 0 ? CHIPID_OK : CHIPID_DH_PARAMETERS;
}

/* One round of Miller-Rabin (HAC 4.24) for n = 1 + 2^twos * odd; *passed where the base is no witness. */
static bool
round_passed(const BIGNUM *n, const BIGNUM *before, const BIGNUM *odd, int twos, BN_MONT_CTX *mont, BN_CTX *ctx, bool *passed)
{
    bool done = false;
    BIGNUM *base, *range;

    *passed = false;
    BN_CTX_start(ctx);
    base = BN_CTX_get(ctx);
    range = BN_CTX_get(ctx);
    /* 2 <= base <= n-2 */
    if (range == NULL || BN_copy(range, before) == NULL || BN_sub_word(range, 2) != 1)
        goto fail;
    if (BN_rand_range_ex(base, range, 0, ctx) != 1 || BN_add_word(base, 2) != 1)
        goto fail;
    if (BN_mod_exp_mont(base, base, odd, n, ctx, mont) != 1)
        goto fail;
    *passed = BN_is_one(base) || BN_cmp(base, before) == 0;
    for (int i = 1; i < twos && !*passed; i++) {
        if (BN_mod_sqr(base, base, n, ctx) != 1)
            goto fail;
        *passed = BN_cmp(base, before) == 0;
    }
    done = true;
fail:
    BN_CTX_end(ctx);
    return done;
}

/* n of ORDER_BITS_MIN bits at least. libcrypto's own test would take up to 128 rounds, some seconds for a hostile 4096 bits. */
static chipid_status
check_prime(const BIGNUM *n, BN_CTX *ctx)
{
    chipid_status status = CHIPID_MEMORY;
    BIGNUM *before = BN_dup(n), *odd = BN_new();
    BN_MONT_CTX *mont = BN_MONT_CTX_new();
    bool passed = true;
    int twos = 1;

    if (before == NULL || odd == NULL || mont == NULL)
        goto fail;
    status = CHIPID_DH_PARAMETERS;
    if (!BN_is_odd(n))
        goto fail;
    status = CHIPID_CRYPTO;
    if (BN_sub_word(before, 1) != 1 || BN_MONT_CTX_set(mont, n, ctx) != 1)
        goto fail;
    while (!BN_is_bit_set(before, twos))
        twos++;
    if (BN_rshift(odd, before, twos) != 1)
        goto fail;
    for (int i = 0; i < PRIME_ROUNDS && passed; i++) {
        if (!round_passed(n, before, odd, twos, mont, ctx, &passed))
            goto fail;
    }
    status = passed ? CHIPID_OK : CHIPID_DH_PARAMETERS;
fail:
    BN_free(before);
    BN_free(odd);
    BN_MONT_CTX_free(mont);
    return status;
}

/* *is: g^q = 1 mod p. */
static chipid_status
has_order(const candidate *c, const BIGNUM *q, bool *is)
{
    chipid_status status = CHIPID_MEMORY;
    BIGNUM *power = BN_new();

    if (power != NULL && BN_mod_exp_mont(power, c->g, q, c->p, c->ctx, NULL) == 1) {
        *is = BN_is_one(power);
        status = CHIPID_OK;
    }
    BN_free(power);
    return status;
}

/* RFC 2631 §2.2.2: q is the order of g. That it divides p-1 follows, p being prime. */
static chipid_status
check_order(const candidate *c)
{
    chipid_status status;
    bool is = false;

    if ((status = has_order(c, c->q, &is)) != CHIPID_OK)
        return status;
    return is ? check_prime(c->q, c->ctx) : CHIPID_DH_PARAMETERS;
}

/*
 * PKCS #3 names no order. Where p is a safe prime and g a square, it is (p-1)/2. A g that is none has the order p-1, which is no prime:
 * the order stays unknown then, as for any other p. For a safe prime nothing is lost by it: its only small subgroup is {1, p-1}.
 */
static chipid_status
find_order(candidate *c)
{
    chipid_status status = CHIPID_MEMORY;
    BIGNUM *half = BN_new();
    bool is = false;

    if (half == NULL || BN_rshift1(half, c->last) != 1)
        goto fail;
    if ((status = has_order(c, half, &is)) != CHIPID_OK || !is)
        goto fail;
    status = check_prime(half, c->ctx);
    if (status == CHIPID_OK) {
        c->q = half;
        half = NULL;
    } else if (status == CHIPID_DH_PARAMETERS) {
        status = CHIPID_OK; /* not a safe prime */
    }
fail:
    BN_free(half);
    return status;
}

static chipid_status
candidate_check(candidate *c)
{
    chipid_status status;

    if ((status = check_prime(c->p, c->ctx)) != CHIPID_OK)
        return status;
    return c->q != NULL ? check_order(c) : find_order(c);
}

static dh_group *
known_group(const chipid_core *core, const candidate *c)
{
    for (size_t i = 0; i < DH_GROUP_COUNT; i++) {
        dh_group *group = core->dh_groups[i];

        if (BN_cmp(c->p, group->p) == 0 && BN_cmp(c->g, group->g) == 0 && (c->q == NULL || BN_cmp(c->q, group->q) == 0))
            return group;
    }
    return NULL;
}

chipid_status
chipid_dh_explicit(chipid_core *core, chipid_bytes p, chipid_bytes g, const chipid_bytes *q, chipid_dh **dh)
{
    chipid_status status;
    candidate c = {0};
    dh_group *group = NULL;

    *dh = NULL;
    ERR_set_mark();
    if ((status = candidate_read(core, p, g, q, &c)) != CHIPID_OK)
        goto fail;
    if ((group = known_group(core, &c)) != NULL) {
        status = over_shared(core, group, dh);
        goto fail;
    }
    if ((status = candidate_check(&c)) != CHIPID_OK)
        goto fail;
    if ((status = dh_group_new(NULL, c.p, c.g, c.q, c.ctx, &group)) != CHIPID_OK)
        goto fail;
    if ((status = dh_over(core, group, NULL, dh)) != CHIPID_OK)
        dh_group_free(group);
fail:
    candidate_free(&c);
    ERR_pop_to_mark();
    return status;
}
