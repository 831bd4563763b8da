/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <openssl/bn.h>

#include "domains.h"

static chipid_bytes
octets_of(BIGNUM *number)
{
    chipid_buffer out = buffer(1024);

    CHECK(number != NULL && (size_t)BN_num_bytes(number) <= out.capacity);
    out.size = (size_t)BN_bn2bin(number, out.data);
    BN_free(number);
    return written(&out);
}

static void
standardised_groups(void)
{
    chipid_dh *dh, *found;

    for (unsigned i = 0; i < GROUPS; i++) {
        chipid_bytes p, g, q, wide;

        dh = group_of(i);
        p = group_number(dh, CHIPID_DH_P), g = group_number(dh, CHIPID_DH_G), q = group_number(dh, CHIPID_DH_Q);
        CHECK(strcmp(chipid_dh_name(dh), group_names[i]) == 0 && !chipid_dh_mapped(dh));
        CHECK(chipid_dh_size(dh) == group_sizes[i] && p.size == group_sizes[i] && q.size == order_sizes[i]);
        CHECK(chipid_equal(g, group_public_key(dh, hex("01"))));
        /* Spelt out, they are the same group, its order known although it is not given. */
        wide = with_leading_zeros(q, q.size + 600);
        CHECK_STATUS(CHIPID_OK, chipid_dh_explicit(core, with_leading_zeros(p, p.size + 600), g, &wide, &found));
        CHECK(strcmp(chipid_dh_name(found), group_names[i]) == 0);
        chipid_dh_free(found);
        CHECK_STATUS(CHIPID_OK, chipid_dh_explicit(core, p, with_leading_zeros(g, g.size + 600), NULL, &found));
        CHECK(strcmp(chipid_dh_name(found), group_names[i]) == 0 && chipid_equal(q, group_number(found, CHIPID_DH_Q)));
        chipid_dh_free(found);
        chipid_dh_free(dh);
    }
    CHECK_STATUS(CHIPID_DH_PARAMETERS, chipid_dh_standardised(core, GROUPS, &dh));
    CHECK_STATUS(CHIPID_DH_PARAMETERS, chipid_dh_standardised(core, UINT32_MAX, &dh));
    CHECK(dh == NULL);
}

static void
explicit_groups(void)
{
    chipid_dh *own = own_group(true), *dh = group_of(0);
    chipid_buffer a = buffer(128), b = buffer(128);

    CHECK(strcmp(chipid_dh_name(own), "modp1024") == 0 && chipid_dh_size(own) == 128);
    CHECK(chipid_equal(group_number(own, CHIPID_DH_Q), group_number(dh, CHIPID_DH_Q)));
    CHECK(chipid_equal(group_number(own, CHIPID_DH_G), group_public_key(dh, hex("05"))));
    CHECK_STATUS(CHIPID_OK, chipid_dh_agree(own, hex("0123456789"), group_public_key(own, hex("ABCDEF")), &a));
    CHECK_STATUS(CHIPID_OK, chipid_dh_agree(own, hex("ABCDEF"), group_public_key(own, hex("0123456789")), &b));
    CHECK(chipid_equal(written(&a), written(&b)));
    chipid_dh_free(own);
    chipid_dh_free(dh);
    own = own_group(false); /* p is no safe prime: the order stays unknown */
    CHECK(strcmp(chipid_dh_name(own), "modp1024") == 0 && group_number(own, CHIPID_DH_Q).size == 0);
    chipid_dh_free(own);
}

static void
safe_primes(void)
{
    chipid_bytes p = octets_of(BN_get_rfc2409_prime_1024(NULL)), half = octets_of(BN_get_rfc2409_prime_1024(NULL)), q;
    chipid_dh *dh;
    unsigned carry = 0;

    for (size_t i = 0; i < half.size; i++) {
        unsigned octet = p.data[i];
        writable(half)[i] = (uint8_t)(octet >> 1 | carry << 7);
        carry = octet & 1;
    }
    /* 2 is a square mod p, p-2 is none. */
    CHECK_STATUS(CHIPID_OK, chipid_dh_explicit(core, p, hex("02"), NULL, &dh));
    q = group_number(dh, CHIPID_DH_Q);
    CHECK(chipid_equal(half, q));
    chipid_dh_free(dh);
    CHECK_STATUS(CHIPID_OK, chipid_dh_explicit(core, p, hex("02"), &q, &dh));
    chipid_dh_free(dh);
    CHECK_STATUS(CHIPID_OK, chipid_dh_explicit(core, p, moved(p, -2), NULL, &dh));
    CHECK(group_number(dh, CHIPID_DH_Q).size == 0);
    chipid_dh_free(dh);
    CHECK_STATUS(CHIPID_DH_PARAMETERS, chipid_dh_explicit(core, p, moved(p, -2), &q, &dh));
    CHECK(dh == NULL);
}

/* p1 * p2 with the order q in both: all that gives it away is that it is no prime. */
#define COMPOSITE                                                        \
    "B396C911A445F944E24D0CB917BE7BBAAFAF6128B5F1AF58EDBCD59236395C56"   \
    "285D39D9C4961AC016791270EAAC98AC2C62148363639EACF7733108C87D25CB"   \
    "5692EF858128CAB6533482949B141A19E2886D4900F6749E52880DAE95DE4322"   \
    "F521DD025AFDFBAB57C92F501264A643105DB16D95A5F17A17030209FF87144B"
#define COMPOSITE_G                                                      \
    "67831768CB732E37C79F5A216BC03C3910747FAFF3B5DE172E73997D7C5ADED8"   \
    "DDCC2801531D07ABAE12022C277FAACFA737B732935850F117AC5D80ED8C949A"   \
    "10A47957159AE502E717F9B12B2ECFA6419BC3D0073CCECA6591B12A675DB57E"   \
    "8A224347F5A809D806BB8365238BCB44AC01F7F02E99A8AE79BE9FDFCBFE075F"

static void
refuses(chipid_bytes p, chipid_bytes g, const chipid_bytes *q)
{
    chipid_dh *dh;

    CHECK_STATUS(CHIPID_DH_PARAMETERS, chipid_dh_explicit(core, p, g, q, &dh));
    CHECK(dh == NULL);
}

static void
hostile_parameters(void)
{
    chipid_dh *dh = group_of(0);
    chipid_bytes p = group_number(dh, CHIPID_DH_P), q = group_number(dh, CHIPID_DH_Q), g = group_number(dh, CHIPID_DH_G);
    chipid_bytes none = {NULL, 0}, other;
    BIGNUM *seven = BN_bin2bn(q.data, (int)q.size, NULL), *two = BN_dup(seven);

    refuses(hex(COMPOSITE), hex(COMPOSITE_G), &q);
    refuses(hex(COMPOSITE), hex(COMPOSITE_G), NULL);
    refuses(moved(p, 1), g, &q);
    refuses(moved(p, 1), g, NULL);
    refuses(none, g, &q);
    refuses(p, none, &q);
    refuses(p, g, &none);
    for (int i = 0; i <= 1; i++) {
        refuses(p, octets(&(uint8_t){(uint8_t)i}, 1), NULL);
        refuses(p, moved(p, i - 1), NULL);
    }
    refuses(p, with_leading_zeros(hex("02"), 128), &q); /* 2 has another order */
    refuses(p, moved(p, 2), NULL);
    other = moved(q, 2);
    refuses(p, g, &other);
    /* g^(2q) = g^(7q) = 1, and both divide p-1, but are no primes. */
    CHECK(BN_mul_word(seven, 7) == 1 && BN_mul_word(two, 2) == 1);
    other = octets_of(two);
    refuses(p, g, &other);
    other = octets_of(seven);
    refuses(p, g, &other);
    /* A true order, but so short that anyone finds the exponent. */
    other = hex("DF");
    refuses(p, of_order(p, 2, 223), &other);
    other = hex("02");
    refuses(p, moved(p, -1), &other);
    chipid_dh_free(dh);
}

static void
sizes_are_bounded(void)
{
    chipid_bytes small = octets_of(BN_get_rfc2409_prime_768(NULL)), large = octets_of(BN_get_rfc3526_prime_6144(NULL));
    chipid_buffer huge = buffer(1u << 20);
    chipid_dh *dh;

    memset(huge.data, 0xFF, huge.capacity);
    refuses(small, hex("02"), NULL);
    refuses(large, hex("02"), NULL);
    refuses((chipid_bytes){huge.data, huge.capacity}, hex("02"), NULL);
    refuses(small, (chipid_bytes){huge.data, huge.capacity}, NULL);
    refuses(small, hex("02"), &(chipid_bytes){huge.data, huge.capacity});
    CHECK_STATUS(CHIPID_OK, chipid_dh_explicit(core, octets_of(BN_get_rfc3526_prime_4096(NULL)), hex("02"), NULL, &dh));
    CHECK(strcmp(chipid_dh_name(dh), "modp4096") == 0 && group_number(dh, CHIPID_DH_Q).size == 512);
    chipid_dh_free(dh);
}

const test dh_params_tests[] = {
    {"standardised_groups", standardised_groups},
    {"explicit_groups", explicit_groups},
    {"safe_primes", safe_primes},
    {"hostile_parameters", hostile_parameters},
    {"sizes_are_bounded", sizes_are_bounded},
    {NULL, NULL},
};
