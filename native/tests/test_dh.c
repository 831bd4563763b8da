/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <openssl/bn.h>

#include "check.h"

#define GROUPS 3u

static const char *const names[GROUPS] = {"modp1024-160", "modp2048-224", "modp2048-256"};
static const size_t sizes[GROUPS] = {128, 256, 256}, order_sizes[GROUPS] = {20, 28, 32};

static chipid_dh *
group_of(unsigned parameter_id)
{
    chipid_dh *dh;

    CHECK_STATUS(CHIPID_OK, chipid_dh_standardised(core, parameter_id, &dh));
    return dh;
}

static chipid_bytes
number(const chipid_dh *dh, chipid_dh_number which)
{
    chipid_buffer out = buffer(CHIPID_DH_MAX);

    CHECK_STATUS(CHIPID_OK, chipid_dh_get(dh, which, &out));
    return written(&out);
}

static chipid_bytes
public_key(const chipid_dh *dh, chipid_bytes private_key)
{
    chipid_buffer out = buffer(CHIPID_DH_MAX);

    CHECK_STATUS(CHIPID_OK, chipid_dh_public_key(dh, private_key, &out));
    return written(&out);
}

/* value + difference */
static chipid_bytes
moved(chipid_bytes value, int difference)
{
    BIGNUM *n = BN_bin2bn(value.data, (int)value.size, NULL);
    chipid_buffer out = buffer(value.size + 1);

    CHECK(n != NULL && (difference < 0 ? BN_sub_word(n, (BN_ULONG)-difference) : BN_add_word(n, (BN_ULONG)difference)) == 1);
    out.size = (size_t)BN_bn2bin(n, out.data);
    BN_free(n);
    return written(&out);
}

static chipid_bytes
with_leading_zeros(chipid_bytes bytes, size_t size)
{
    chipid_buffer out = buffer(size);

    memset(out.data, 0, size);
    memcpy(out.data + size - bytes.size, bytes.data, bytes.size);
    out.size = size;
    return written(&out);
}

/* base^((p-1)/order) mod p for a small order that divides p-1 */
static chipid_bytes
of_order(chipid_bytes p, unsigned long base, unsigned long order)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *modulus = BN_bin2bn(p.data, (int)p.size, NULL), *exponent = BN_dup(modulus), *b = BN_new();
    chipid_buffer out = buffer(p.size);

    CHECK(ctx != NULL && exponent != NULL && b != NULL && BN_sub_word(exponent, 1) == 1);
    CHECK(BN_div_word(exponent, order) == 0 && BN_set_word(b, base) == 1);
    CHECK(BN_mod_exp(b, b, exponent, modulus, ctx) == 1 && !BN_is_one(b));
    out.size = (size_t)BN_bn2bin(b, out.data);
    BN_free(modulus);
    BN_free(exponent);
    BN_free(b);
    BN_CTX_free(ctx);
    return written(&out);
}

static chipid_bytes
octets_of(BIGNUM *number)
{
    chipid_buffer out = buffer(1024);

    CHECK(number != NULL && (size_t)BN_num_bytes(number) <= out.capacity);
    out.size = (size_t)BN_bn2bin(number, out.data);
    BN_free(number);
    return written(&out);
}

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

    CHECK_HEX(YA, public_key(dh, hex(XA)));
    CHECK_HEX(YB, public_key(dh, hex(XB)));
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

/* Parameters -------------------------------------------------------------------------------------------------------------- */

static void
standardised_groups(void)
{
    chipid_dh *dh, *found;

    for (unsigned i = 0; i < GROUPS; i++) {
        chipid_bytes p, g, q, wide;

        dh = group_of(i);
        p = number(dh, CHIPID_DH_P), g = number(dh, CHIPID_DH_G), q = number(dh, CHIPID_DH_Q);
        CHECK(strcmp(chipid_dh_name(dh), names[i]) == 0 && !chipid_dh_mapped(dh));
        CHECK(chipid_dh_size(dh) == sizes[i] && p.size == sizes[i] && q.size == order_sizes[i]);
        CHECK(chipid_equal(g, public_key(dh, hex("01"))));
        /* Spelt out, they are the same group, its order known although it is not given. */
        wide = with_leading_zeros(q, q.size + 600);
        CHECK_STATUS(CHIPID_OK, chipid_dh_explicit(core, with_leading_zeros(p, p.size + 600), g, &wide, &found));
        CHECK(strcmp(chipid_dh_name(found), names[i]) == 0);
        chipid_dh_free(found);
        CHECK_STATUS(CHIPID_OK, chipid_dh_explicit(core, p, with_leading_zeros(g, g.size + 600), NULL, &found));
        CHECK(strcmp(chipid_dh_name(found), names[i]) == 0 && chipid_equal(q, number(found, CHIPID_DH_Q)));
        chipid_dh_free(found);
        chipid_dh_free(dh);
    }
    CHECK_STATUS(CHIPID_DH_PARAMETERS, chipid_dh_standardised(core, GROUPS, &dh));
    CHECK_STATUS(CHIPID_DH_PARAMETERS, chipid_dh_standardised(core, UINT32_MAX, &dh));
    CHECK(dh == NULL);
}

/* A group of the issuer's own: another generator of the same subgroup. */
static chipid_dh *
own_group(bool with_order)
{
    chipid_dh *dh = group_of(0), *own;
    chipid_bytes q = number(dh, CHIPID_DH_Q);

    CHECK_STATUS(CHIPID_OK,
                 chipid_dh_explicit(core, number(dh, CHIPID_DH_P), public_key(dh, hex("05")), with_order ? &q : NULL, &own));
    chipid_dh_free(dh);
    return own;
}

static void
explicit_groups(void)
{
    chipid_dh *own = own_group(true), *dh = group_of(0);
    chipid_buffer a = buffer(128), b = buffer(128);

    CHECK(strcmp(chipid_dh_name(own), "modp1024") == 0 && chipid_dh_size(own) == 128);
    CHECK(chipid_equal(number(own, CHIPID_DH_Q), number(dh, CHIPID_DH_Q)));
    CHECK(chipid_equal(number(own, CHIPID_DH_G), public_key(dh, hex("05"))));
    CHECK_STATUS(CHIPID_OK, chipid_dh_agree(own, hex("0123456789"), public_key(own, hex("ABCDEF")), &a));
    CHECK_STATUS(CHIPID_OK, chipid_dh_agree(own, hex("ABCDEF"), public_key(own, hex("0123456789")), &b));
    CHECK(chipid_equal(written(&a), written(&b)));
    chipid_dh_free(own);
    chipid_dh_free(dh);
    own = own_group(false); /* p is no safe prime: the order stays unknown */
    CHECK(strcmp(chipid_dh_name(own), "modp1024") == 0 && number(own, CHIPID_DH_Q).size == 0);
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
    q = number(dh, CHIPID_DH_Q);
    CHECK(chipid_equal(half, q));
    chipid_dh_free(dh);
    CHECK_STATUS(CHIPID_OK, chipid_dh_explicit(core, p, hex("02"), &q, &dh));
    chipid_dh_free(dh);
    CHECK_STATUS(CHIPID_OK, chipid_dh_explicit(core, p, moved(p, -2), NULL, &dh));
    CHECK(number(dh, CHIPID_DH_Q).size == 0);
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
    chipid_bytes p = number(dh, CHIPID_DH_P), q = number(dh, CHIPID_DH_Q), g = number(dh, CHIPID_DH_G), none = {NULL, 0}, other;
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
    CHECK(strcmp(chipid_dh_name(dh), "modp4096") == 0 && number(dh, CHIPID_DH_Q).size == 512);
    chipid_dh_free(dh);
}

/* Elements and keys ------------------------------------------------------------------------------------------------------- */

static void
elements_are_checked(void)
{
    for (unsigned i = 0; i < GROUPS; i++) {
        chipid_dh *dh = group_of(i);
        chipid_bytes p = number(dh, CHIPID_DH_P), y = public_key(dh, hex("0123")), zero = {NULL, 0}, other;
        chipid_bytes bad[] = {zero,         hex("00"), hex("01"),   hex("02"),
                              moved(p, -1), p,         moved(y, 1), with_leading_zeros(y, sizes[i] + 1)};
        chipid_buffer out = buffer(sizes[i]);

        CHECK_STATUS(CHIPID_OK, chipid_dh_check_element(dh, with_leading_zeros(y, sizes[i]), &out));
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
    chipid_bytes p = number(dh, CHIPID_DH_P), small = of_order(p, 2, 223), twice = of_order(p, 5, 446);
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
    chipid_bytes q = number(dh, CHIPID_DH_Q), g = number(dh, CHIPID_DH_G), p = number(own, CHIPID_DH_P);
    chipid_bytes bad[] = {hex(""), hex("0000"), q, moved(q, 1), with_leading_zeros(hex("01"), 2 * CHIPID_DH_MAX + 1)};
    chipid_buffer out = buffer(256);

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_STATUS(CHIPID_DH_PRIVATE, chipid_dh_public_key(dh, bad[i], &out));
        CHECK_STATUS(CHIPID_DH_PRIVATE, chipid_dh_agree(dh, bad[i], g, &out));
        CHECK_STATUS(CHIPID_DH_PRIVATE, chipid_dh_agree_element(dh, bad[i], g, &out));
    }
    CHECK_STATUS(CHIPID_OK, chipid_dh_agree_element(dh, moved(q, -1), public_key(dh, moved(q, -1)), &out));
    CHECK(chipid_equal(g, written(&out)));
    CHECK(chipid_equal(g, public_key(dh, with_leading_zeros(hex("01"), 2 * CHIPID_DH_MAX))));
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
        chipid_bytes private_key = octets((uint8_t[]){(uint8_t)(i >> 8), (uint8_t)i}, 2), y = public_key(dh, private_key);
        chipid_buffer shared = buffer(128), minimal = buffer(128);

        if (y.size == 128)
            continue;
        found++;
        CHECK_STATUS(CHIPID_OK, chipid_dh_agree(dh, private_key, number(dh, CHIPID_DH_G), &shared));
        CHECK_STATUS(CHIPID_OK, chipid_dh_agree_element(dh, private_key, number(dh, CHIPID_DH_G), &minimal));
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
        chipid_bytes g = number(dh, CHIPID_DH_G), q = number(dh, CHIPID_DH_Q);
        chipid_buffer out = buffer(sizes[i]), long_nonce = buffer(CHIPID_NONCE_MAX + 1);

        /* g^5 * g^11 */
        CHECK_STATUS(CHIPID_OK, chipid_dh_map_generic(dh, hex("0005"), public_key(dh, hex("0B")), &mapped));
        CHECK(chipid_equal(public_key(dh, hex("10")), number(mapped, CHIPID_DH_G)));
        CHECK(chipid_dh_mapped(mapped) && !chipid_dh_mapped(dh) && strcmp(chipid_dh_name(mapped), names[i]) == 0);
        CHECK(chipid_equal(public_key(dh, hex("0110")), public_key(mapped, hex("11"))));
        CHECK_STATUS(CHIPID_DH_MAPPED, chipid_dh_map_generic(mapped, hex("05"), g, &again));
        CHECK_STATUS(CHIPID_DH_MAPPED, chipid_dh_map_integrated(mapped, hex("05"), &again));
        CHECK(again == NULL);
        chipid_dh_free(mapped);
        /* The nonce is no number modulo q. */
        CHECK_STATUS(CHIPID_OK, chipid_dh_map_generic(dh, q, g, &mapped));
        CHECK(chipid_equal(g, number(mapped, CHIPID_DH_G)));
        chipid_dh_free(mapped);
        CHECK_STATUS(CHIPID_OK, chipid_dh_map_generic(dh, hex("00"), g, &mapped));
        CHECK(chipid_equal(g, number(mapped, CHIPID_DH_G)));
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
        chipid_bytes p = number(dh, CHIPID_DH_P);
        chipid_bytes bad[] = {hex("00"), hex("01"), p, moved(p, 1), moved(p, -1), with_leading_zeros(hex("01"), sizes[i] + 64)};
        chipid_buffer full = buffer(sizes[i] + CHIPID_RANDOM_EXCESS);

        for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
            CHECK_STATUS(CHIPID_DH_ELEMENT, chipid_dh_map_integrated(dh, bad[k], &mapped));
            CHECK(mapped == NULL);
        }
        memset(full.data, 0xFF, full.capacity);
        full.size = full.capacity;
        CHECK_STATUS(CHIPID_OK, chipid_dh_map_integrated(dh, written(&full), &mapped));
        CHECK_STATUS(CHIPID_OK, chipid_dh_check_element(dh, number(mapped, CHIPID_DH_G), &full));
        chipid_dh_free(mapped);
        CHECK_STATUS(CHIPID_LENGTH, chipid_dh_map_integrated(dh, with_leading_zeros(hex("02"), sizes[i] + 65), &mapped));
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
    chipid_bytes g = number(own, CHIPID_DH_G), twice = public_key(own, hex("02"));

    CHECK_STATUS(CHIPID_OK, chipid_dh_map_generic(own, hex("01"), g, &mapped));
    chipid_dh_free(own);
    CHECK(chipid_equal(twice, public_key(mapped, hex("01"))));
    CHECK(chipid_equal(twice, number(mapped, CHIPID_DH_G)));
    chipid_dh_free(mapped);
}

const test dh_tests[] = {
    {"key_agreement_published", key_agreement_published},
    {"standardised_groups", standardised_groups},
    {"explicit_groups", explicit_groups},
    {"safe_primes", safe_primes},
    {"hostile_parameters", hostile_parameters},
    {"sizes_are_bounded", sizes_are_bounded},
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
