/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/bn.h>
#include <openssl/err.h>

#include "ec.h"
#include "field.h"
#include "secrecy.h"

/* What of the point encoding depends on the curve alone. */
typedef struct {
    field f;
    field_element a, b, zero;
    BIGNUM *inversion; /* p - 2 */
    BIGNUM *root;      /* p - 1 - (p + 1)/4 */
} encoding;

static void
encoding_free(encoding *e)
{
    BN_free(e->inversion);
    BN_free(e->root);
}

static chipid_status
encoding_new(const curve *c, encoding *e)
{
    *e = (encoding){0};
    if (!BN_is_bit_set(c->p, 0) || !BN_is_bit_set(c->p, 1))
        return CHIPID_EC_INTEGRATED; /* p = 1 mod 4: secp224r1, which §9.5.1 excludes */
    if (!field_new(c->p, &e->f) || !field_read_number(&e->f, c->a, &e->a) || !field_read_number(&e->f, c->b, &e->b))
        return CHIPID_CRYPTO;
    if ((e->inversion = BN_dup(c->p)) == NULL || (e->root = BN_new()) == NULL)
        return CHIPID_MEMORY;
    /* p = 4k + 3: (p + 1)/4 = k + 1, so the root's exponent is p - 2 - k. */
    if (BN_sub_word(e->inversion, 2) != 1 || BN_rshift(e->root, c->p, 2) != 1 || BN_sub(e->root, e->inversion, e->root) != 1)
        return CHIPID_MEMORY;
    return CHIPID_OK;
}

/* x^3 + a * x + b */
static void
right_side(const encoding *e, field_element *to, const field_element *x)
{
    field_element sum;

    field_multiply(&e->f, &sum, x, x);
    field_add(&e->f, &sum, &sum, &e->a);
    field_multiply(&e->f, &sum, &sum, x);
    field_add(&e->f, to, &sum, &e->b);
    chipid_wipe(&sum, sizeof sum);
}

/* One encoding's values, all of them as secret as t. */
typedef struct {
    field_element t, alpha, sum, x2, x3, h2, u, a, x, y, scratch;
} steps;

/*
 * ICAO 9303-11 Appendix B.2, step by step, the inverse as in its implementation notes; the step that asks for h3 is left out, since
 * nothing uses it. *defined: alpha + alpha^2 has an inverse, that is, t is neither 0 nor +-1.
 */
static void
encode(const encoding *e, steps *s, bool *defined)
{
    const field *f = &e->f;
    uint32_t square;

    field_multiply(f, &s->scratch, &s->t, &s->t);
    field_subtract(f, &s->alpha, &e->zero, &s->scratch); /* 1. alpha = -t^2 */
    field_multiply(f, &s->sum, &s->alpha, &s->alpha);
    field_add(f, &s->sum, &s->sum, &s->alpha);
    *defined = field_equal_mask(f, &s->sum, &e->zero) == 0;
    field_multiply(f, &s->scratch, &s->sum, &e->a); /* 2. X2 = -b (1 + alpha + alpha^2) (a (alpha + alpha^2))^(p-2) */
    field_power(f, &s->scratch, &s->scratch, e->inversion);
    field_add(f, &s->sum, &s->sum, &f->one);
    field_multiply(f, &s->scratch, &s->scratch, &s->sum);
    field_multiply(f, &s->scratch, &s->scratch, &e->b);
    field_subtract(f, &s->x2, &e->zero, &s->scratch);
    field_multiply(f, &s->x3, &s->alpha, &s->x2); /* 3. X3 = alpha X2 */
    right_side(e, &s->h2, &s->x2);                /* 4. h2 */
    field_multiply(f, &s->scratch, &s->t, &s->t); /* 6. U = t^3 h2 */
    field_multiply(f, &s->scratch, &s->scratch, &s->t);
    field_multiply(f, &s->u, &s->scratch, &s->h2);
    field_power(f, &s->a, &s->h2, e->root); /* 7. A = h2^(p-1-(p+1)/4) */
    field_multiply(f, &s->scratch, &s->a, &s->a);
    field_multiply(f, &s->scratch, &s->scratch, &s->h2);
    square = field_equal_mask(f, &s->scratch, &f->one); /* 8., 9. (X2, A h2) where A^2 h2 = 1, (X3, A U) otherwise */
    field_select(f, &s->x, square, &s->x2, &s->x3);
    field_select(f, &s->y, square, &s->h2, &s->u);
    field_multiply(f, &s->y, &s->y, &s->a);
}

/* f_G(random mod p); step 10 needs nothing, since the cofactor is 1. */
static chipid_status
encoded_point(const chipid_ec *ec, const encoding *e, chipid_bytes random, EC_POINT **point)
{
    uint8_t octets[CHIPID_POINT_MAX];
    chipid_buffer out = buffer_over(octets, sizeof octets);
    chipid_status status = CHIPID_CRYPTO;
    uint8_t *x, *y;
    bool defined;
    steps s;

    field_read(&e->f, random, &s.t);
    encode(e, &s, &defined);
    DECLASSIFY(defined);
    if (!defined) {
        status = CHIPID_EC_INTEGRATED;
        goto fail;
    }
    if (!buffer_octet(&out, POINT_CONVERSION_UNCOMPRESSED) || (x = buffer_claim(&out, ec->field_size)) == NULL ||
        (y = buffer_claim(&out, ec->field_size)) == NULL)
        goto fail;
    field_write(&e->f, &s.x, x);
    field_write(&e->f, &s.y, y);
    /* On the curve, or it is no answer. */
    status = ec_read_point(ec, bytes_of(out.data, out.size), point);
    if (status == CHIPID_EC_POINT)
        status = CHIPID_CRYPTO;
fail:
    chipid_wipe(&s, sizeof s);
    chipid_wipe(octets, sizeof octets);
    return status;
}

chipid_status
chipid_ec_map_integrated(const chipid_ec *ec, chipid_bytes random, chipid_ec **mapped)
{
    chipid_status status;
    EC_POINT *generator = NULL;
    encoding e;

    *mapped = NULL;
    if (ec->mapped != NULL)
        return CHIPID_EC_MAPPED;
    if (random.size == 0 || random.size > ec->field_size + CHIPID_RANDOM_EXCESS)
        return CHIPID_LENGTH;
    ERR_set_mark();
    if ((status = encoding_new(&ec->core->curves[ec->index], &e)) != CHIPID_OK)
        goto fail;
    if ((status = encoded_point(ec, &e, random, &generator)) != CHIPID_OK)
        goto fail;
    if ((status = ec_over(ec->core, ec->index, generator, mapped)) == CHIPID_OK)
        generator = NULL;
fail:
    EC_POINT_clear_free(generator);
    encoding_free(&e);
    ERR_pop_to_mark();
    return status;
}
