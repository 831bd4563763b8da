/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "domains.h"

/* RFC 5114 appendix A.1 --------------------------------------------------------------------------------------------------- */

#define XA "B9A3B3AE8FEFC1A2930496507086F8455D48943E"
#define YA                                                               \
    "2A853B3D92197501B9015B2DEB3ED84F5E021DCC3E52F109D3273D2B7521281C"   \
    "BABE0E76FF5727FA8ACCE26956BA9A1FCA26F20228D8693FEB10841D84A73600"   \
    "54ECE5A7F5B7A61AD3DFB3C60D2E43106D8727DA37DF9CCE95B478755D06BCEA"   \
    "8F9D45965F75A5F3D1DF3701165FC9E50C4279CEB07F989540AE96D5D88ED776"
#define XB "9392C9F9EB6A7A6A9022F7D83E7223C6835BBDDA"
#define YB                                                               \
    "717A6CB053371FF4A3B932941C1E5663F861A1D6AD34AE66576DFB98F6C6CBF9"   \
    "DDD5A56C7833F6BCFDFF095582AD868E440E8D09FD769E3CECCDC3D3B1E4CFA0"   \
    "57776CAAF9739B6A9FEE8E7411F8D6DAC09D6A4EDB46CC2B5D5203090EAE6126"   \
    "311E53FD2C14B574E6A3109A3DA1BE41BDCEAA186F5CE06716A2B6A07B3C33FE"
#define Z                                                                \
    "5C804F454D30D9C4DF85271F93528C91DF6B48AB5F80B3B59CAAC1B28F8ACBA9"   \
    "CD3E39F3CB614525D9521D2E644C53B807B810F340062F257D7D6FBFE8D5E8F0"   \
    "72E9B6E9AFDA9413EAFB2E8B0699B1FB5A0CACEDDEAEAD7E9CFBB36AE2B42083"   \
    "5BD83A19FB0B5E96BF8FA4D09E345525167ECD9155416F46F408ED31B63C6E6D"

static void
key_agreement_published(void)
{
    chipid_dh *dh = group_of(0);
    chipid_buffer out = buffer(128), small = buffer(127);

    CHECK_HEX(YA, group_public_key(dh, hex(XA)));
    CHECK_HEX(YB, group_public_key(dh, hex(XB)));
    CHECK_STATUS(CHIPID_OK, chipid_dh_agree(dh, hex(XA), hex(YB), &out));
    CHECK_HEX(Z, written(&out));
    CHECK_STATUS(CHIPID_OK, chipid_dh_agree_element(dh, hex(XB), hex(YA), &out));
    CHECK_HEX(Z, written(&out));
    CHECK_STATUS(CHIPID_OK, chipid_dh_check_element(dh, hex(Z), &out));
    CHECK_STATUS(CHIPID_CAPACITY, chipid_dh_agree(dh, hex(XA), hex(YB), &small));
    CHECK_STATUS(CHIPID_CAPACITY, chipid_dh_agree_element(dh, hex(XA), hex(YB), &small));
    CHECK_STATUS(CHIPID_CAPACITY, chipid_dh_check_element(dh, hex(YB), &small));
    CHECK_STATUS(CHIPID_CAPACITY, chipid_dh_get(dh, CHIPID_DH_P, &small));
    CHECK(small.size == 0);
    chipid_dh_free(dh);
}

/* Elements and keys ------------------------------------------------------------------------------------------------------- */

static void
elements_are_checked(void)
{
    for (unsigned i = 0; i < GROUPS; i++) {
        chipid_dh *dh = group_of(i);
        chipid_bytes p = group_number(dh, CHIPID_DH_P), y = group_public_key(dh, hex("0123")), zero = {NULL, 0}, other;
        chipid_bytes bad[] = {zero,         hex("00"), hex("01"),   hex("02"),
                              moved(p, -1), p,         moved(y, 1), with_leading_zeros(y, group_sizes[i] + 1)};
        chipid_buffer out = buffer(group_sizes[i]);

        CHECK_STATUS(CHIPID_OK, chipid_dh_check_element(dh, with_leading_zeros(y, group_sizes[i]), &out));
        CHECK(chipid_equal(y, written(&out)));
        for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
            CHECK_STATUS(CHIPID_DH_ELEMENT, chipid_dh_check_element(dh, bad[k], &out));
            CHECK_STATUS(CHIPID_DH_ELEMENT, chipid_dh_agree(dh, hex("05"), bad[k], &out));
            CHECK_STATUS(CHIPID_DH_ELEMENT, chipid_dh_agree_element(dh, hex("05"), bad[k], &out));
            CHECK(out.size == 0);
        }
        other = part(y, 0, y.size);
        for (size_t octet = 0; octet < y.size; octet += 9) {
            writable(other)[octet] ^= 0x10;
            CHECK_STATUS(CHIPID_DH_ELEMENT, chipid_dh_check_element(dh, other, &out));
        }
        chipid_dh_free(dh);
    }
}

static void
elements_of_small_order(void)
{
    chipid_dh *dh = group_of(0), *own = own_group(false);
    chipid_bytes p = group_number(dh, CHIPID_DH_P), small = of_order(p, 2, 223), twice = of_order(p, 5, 446);
    chipid_buffer out = buffer(128);

    CHECK_STATUS(CHIPID_DH_ELEMENT, chipid_dh_agree(dh, hex("05"), small, &out));
    /* Where no order is known, an element of any order passes; only a result that tells the key is refused. */
    CHECK_STATUS(CHIPID_OK, chipid_dh_check_element(own, small, &out));
    CHECK_STATUS(CHIPID_OK, chipid_dh_agree(own, hex("05"), small, &out));
    CHECK_STATUS(CHIPID_DH_ELEMENT, chipid_dh_agree(own, hex("DF"), small, &out));
    CHECK_STATUS(CHIPID_DH_ELEMENT, chipid_dh_agree(own, hex("DF"), twice, &out)); /* p-1 */
    CHECK_STATUS(CHIPID_DH_ELEMENT, chipid_dh_agree_element(own, hex("01BE"), twice, &out));
    CHECK_STATUS(CHIPID_DH_ELEMENT, chipid_dh_check_element(own, moved(p, -1), &out));
    CHECK_STATUS(CHIPID_DH_ELEMENT, chipid_dh_check_element(own, hex("01"), &out));
    chipid_dh_free(dh);
    chipid_dh_free(own);
}

static void
private_keys_are_bounded(void)
{
    chipid_dh *dh = group_of(2), *own = own_group(false);
    chipid_bytes q = group_number(dh, CHIPID_DH_Q), g = group_number(dh, CHIPID_DH_G), p = group_number(own, CHIPID_DH_P);
    chipid_bytes bad[] = {hex(""), hex("0000"), q, moved(q, 1), with_leading_zeros(hex("01"), 2 * CHIPID_DH_MAX + 1)};
    chipid_buffer out = buffer(256);

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_STATUS(CHIPID_DH_PRIVATE, chipid_dh_public_key(dh, bad[i], &out));
        CHECK_STATUS(CHIPID_DH_PRIVATE, chipid_dh_agree(dh, bad[i], g, &out));
        CHECK_STATUS(CHIPID_DH_PRIVATE, chipid_dh_agree_element(dh, bad[i], g, &out));
    }
    CHECK_STATUS(CHIPID_OK, chipid_dh_agree_element(dh, moved(q, -1), group_public_key(dh, moved(q, -1)), &out));
    CHECK(chipid_equal(g, written(&out)));
    CHECK(chipid_equal(g, group_public_key(dh, with_leading_zeros(hex("01"), 2 * CHIPID_DH_MAX))));
    CHECK_STATUS(CHIPID_DH_PRIVATE, chipid_dh_public_key(own, moved(p, -1), &out));
    CHECK_STATUS(CHIPID_OK, chipid_dh_public_key(own, moved(p, -2), &out));
    chipid_dh_free(dh);
    chipid_dh_free(own);
}

/* Every 256th shared secret begins with a zero octet, which agree keeps and agree_element drops. */
static void
leading_zeros(void)
{
    chipid_dh *dh = group_of(0);
    unsigned found = 0;

    for (unsigned i = 1; i < 4000 && found == 0; i++) {
        chipid_bytes private_key = octets((uint8_t[]){(uint8_t)(i >> 8), (uint8_t)i}, 2), y = group_public_key(dh, private_key);
        chipid_buffer shared = buffer(128), minimal = buffer(128);

        if (y.size == 128)
            continue;
        found++;
        CHECK_STATUS(CHIPID_OK, chipid_dh_agree(dh, private_key, group_number(dh, CHIPID_DH_G), &shared));
        CHECK_STATUS(CHIPID_OK, chipid_dh_agree_element(dh, private_key, group_number(dh, CHIPID_DH_G), &minimal));
        CHECK(shared.size == 128 && shared.data[0] == 0 && minimal.size == y.size);
        CHECK(chipid_equal(written(&shared), with_leading_zeros(y, 128)) && chipid_equal(written(&minimal), y));
    }
    CHECK(found == 1);
    chipid_dh_free(dh);
}

/* Mapping ----------------------------------------------------------------------------------------------------------------- */

static void
generic_mapping(void)
{
    for (unsigned i = 0; i < GROUPS; i++) {
        chipid_dh *dh = group_of(i), *mapped, *again;
        chipid_bytes g = group_number(dh, CHIPID_DH_G), q = group_number(dh, CHIPID_DH_Q);
        chipid_buffer out = buffer(group_sizes[i]), long_nonce = buffer(CHIPID_NONCE_MAX + 1);

        /* g^5 * g^11 */
        CHECK_STATUS(CHIPID_OK, chipid_dh_map_generic(dh, hex("0005"), group_public_key(dh, hex("0B")), &mapped));
        CHECK(chipid_equal(group_public_key(dh, hex("10")), group_number(mapped, CHIPID_DH_G)));
        CHECK(chipid_dh_mapped(mapped) && !chipid_dh_mapped(dh) && strcmp(chipid_dh_name(mapped), group_names[i]) == 0);
        CHECK(chipid_equal(group_public_key(dh, hex("0110")), group_public_key(mapped, hex("11"))));
        CHECK_STATUS(CHIPID_DH_MAPPED, chipid_dh_map_generic(mapped, hex("05"), g, &again));
        CHECK_STATUS(CHIPID_DH_MAPPED, chipid_dh_map_integrated(mapped, hex("05"), &again));
        CHECK(again == NULL);
        chipid_dh_free(mapped);
        /* The nonce is no number modulo q. */
        CHECK_STATUS(CHIPID_OK, chipid_dh_map_generic(dh, q, g, &mapped));
        CHECK(chipid_equal(g, group_number(mapped, CHIPID_DH_G)));
        chipid_dh_free(mapped);
        CHECK_STATUS(CHIPID_OK, chipid_dh_map_generic(dh, hex("00"), g, &mapped));
        CHECK(chipid_equal(g, group_number(mapped, CHIPID_DH_G)));
        chipid_dh_free(mapped);
        CHECK_STATUS(CHIPID_DH_ELEMENT, chipid_dh_map_generic(dh, moved(q, -1), g, &mapped)); /* 1 */
        CHECK_STATUS(CHIPID_DH_ELEMENT, chipid_dh_map_generic(dh, hex("05"), hex("02"), &mapped));
        CHECK_STATUS(CHIPID_DH_ELEMENT, chipid_dh_map_generic(dh, hex("05"), hex(""), &mapped));
        CHECK_STATUS(CHIPID_LENGTH, chipid_dh_map_generic(dh, hex(""), g, &mapped));
        long_nonce.size = long_nonce.capacity;
        CHECK_STATUS(CHIPID_LENGTH, chipid_dh_map_generic(dh, written(&long_nonce), g, &mapped));
        CHECK(mapped == NULL && out.size == 0);
        chipid_dh_free(dh);
    }
}

static void
integrated_mapping_refuses(void)
{
    for (unsigned i = 0; i < GROUPS; i++) {
        chipid_dh *dh = group_of(i), *mapped;
        chipid_bytes p = group_number(dh, CHIPID_DH_P), one = with_leading_zeros(hex("01"), group_sizes[i] + 64);
        chipid_bytes bad[] = {hex("00"), hex("01"), p, moved(p, 1), moved(p, -1), one};
        chipid_buffer full = buffer(group_sizes[i] + CHIPID_RANDOM_EXCESS);

        for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
            CHECK_STATUS(CHIPID_DH_ELEMENT, chipid_dh_map_integrated(dh, bad[k], &mapped));
            CHECK(mapped == NULL);
        }
        memset(full.data, 0xFF, full.capacity);
        full.size = full.capacity;
        CHECK_STATUS(CHIPID_OK, chipid_dh_map_integrated(dh, written(&full), &mapped));
        CHECK_STATUS(CHIPID_OK, chipid_dh_check_element(dh, group_number(mapped, CHIPID_DH_G), &full));
        chipid_dh_free(mapped);
        CHECK_STATUS(CHIPID_LENGTH, chipid_dh_map_integrated(dh, with_leading_zeros(hex("02"), group_sizes[i] + 65), &mapped));
        CHECK_STATUS(CHIPID_LENGTH, chipid_dh_map_integrated(dh, hex(""), &mapped));
        CHECK(mapped == NULL);
        chipid_dh_free(dh);
    }
}

static void
integrated_mapping_needs_the_order(void)
{
    chipid_dh *own = own_group(false), *mapped;

    CHECK_STATUS(CHIPID_DH_PARAMETERS, chipid_dh_map_integrated(own, hex("05"), &mapped));
    CHECK(mapped == NULL);
    chipid_dh_free(own);
}

static void
mapped_groups_stand_alone(void)
{
    chipid_dh *own = own_group(true), *mapped;
    chipid_bytes g = group_number(own, CHIPID_DH_G), twice = group_public_key(own, hex("02"));

    CHECK_STATUS(CHIPID_OK, chipid_dh_map_generic(own, hex("01"), g, &mapped));
    chipid_dh_free(own);
    CHECK(chipid_equal(twice, group_public_key(mapped, hex("01"))));
    CHECK(chipid_equal(twice, group_number(mapped, CHIPID_DH_G)));
    chipid_dh_free(mapped);
}

const test dh_tests[] = {
    {"key_agreement_published", key_agreement_published},
    {"elements_are_checked", elements_are_checked},
    {"elements_of_small_order", elements_of_small_order},
    {"private_keys_are_bounded", private_keys_are_bounded},
    {"leading_zeros", leading_zeros},
    {"generic_mapping", generic_mapping},
    {"integrated_mapping_refuses", integrated_mapping_refuses},
    {"integrated_mapping_needs_the_order", integrated_mapping_needs_the_order},
    {"mapped_groups_stand_alone", mapped_groups_stand_alone},
    {NULL, NULL},
};
