/* SPDX-License-Identifier: Apache-2.0 */
/* Integrated mapping: the pseudo-random function and the point encoding (ICAO 9303-11 §4.4.3.3.2, appendix B). */
#include <string.h>

#include "domains.h"

/* ICAO 9303-11 appendix H.1 ----------------------------------------------------------------------------------------------- */

#define S "2923BE84E16CD6AE529049F1F1BBE9EB"
#define T "5DD4CBFC96F5453B130D890A1CDBAE32"
#define R                                                              \
    "E4447E2DFB3586BAC05DDB00156B57FBB2179A3949294C97254189800C517BAA" \
    "8DA0FF397ED8C445D3E421E4FEB57322"
#define MAPPED                                                           \
    "048E82D31559ED0FDE92A4D0498ADD3C23BABA94FB77691E31E90AEA77FB17D427" \
    "4C1AE14BD0C3DBAC0C871B7F3608169364437CA30AC243A089D3F266C1E60FAD"
#define IC "107CF58696EF6155053340FD633392BA81909DF7B9706F226F32086C7AFF974A"
#define IC_PUBLIC                                                        \
    "0467F78E5F7F7686082B293E8D087E056916D0F74BC01A5F8957D0DE45691E51E8" \
    "932B69A962B52A0985AD2C0A271EE6A13A8ADDDCD1A3A994B9DED257F4D22753"
#define IFD "A73FB703AC1436A18E0CFA5ABB3F7BEC7A070E7A6788486BEE230C4A22762595"
#define SHARED "4F150FDE1D4F0E38E95017B891BAE17133A0DF45B0D3E18B60BA7BEAFDC2C713"

static void
elliptic_curve_published(void)
{
    chipid_ec *ec = curve_of("brainpoolP256r1"), *mapped, *again;
    chipid_bytes p = curve_number(ec, CHIPID_EC_P);
    chipid_buffer random = buffer(48), small = buffer(47), out = buffer(CHIPID_POINT_MAX);

    CHECK_STATUS(CHIPID_OK, chipid_integrated_random(core, CHIPID_AES_128, hex(S), hex(T), p, &random));
    CHECK_HEX(R, written(&random));
    CHECK_STATUS(CHIPID_CAPACITY, chipid_integrated_random(core, CHIPID_AES_128, hex(S), hex(T), p, &small));
    CHECK(small.size == 0);
    CHECK_STATUS(CHIPID_OK, chipid_ec_map_integrated(ec, written(&random), &mapped));
    chipid_ec_free(ec);
    CHECK(chipid_ec_mapped(mapped));
    CHECK_HEX(MAPPED, curve_generator(mapped));
    CHECK_STATUS(CHIPID_OK, chipid_ec_public_key(mapped, hex(IC), &out));
    CHECK_HEX(IC_PUBLIC, written(&out));
    CHECK_STATUS(CHIPID_OK, chipid_ec_agree(mapped, hex(IFD), hex(IC_PUBLIC), &out));
    CHECK_HEX(SHARED, written(&out));
    CHECK_STATUS(CHIPID_EC_MAPPED, chipid_ec_map_integrated(mapped, written(&random), &again));
    CHECK(again == NULL);
    chipid_ec_free(mapped);
}

/* ICAO 9303-11 appendix H.2; its private keys are as long as p, so they stand reduced modulo q here. ---------------------- */

#define DH_S "FA5B7E3E49753A0DB9178B7B9BD898C8"
#define DH_T "B3A6DB3C870C3E99245E0D1C06B747DE"
#define DH_R                                                           \
    "EAB98D13E09052952AA729907C3C946184DEA0FE74AD2B3AF506F0A83018459C" \
    "38099CD1F7FF4EA0A078DB1FAC1365505E3DC85500EF95E20B4EEF2E88489233" \
    "BEE0546B472F994B618D168702406791DEEF3CB4810932EC278F3533FDB860EB" \
    "4835C36FA4F1BF3FA0B828A718C96BDE88FBA38A3E6C35AAA10959251EB5FC71" \
    "0FC187258995944C0F926E249373F485"
#define DH_MAPPED                                                      \
    "1D7D767F11E333BCD6DBAEF40E799E7A926B96973550656FF3C830726D118D61" \
    "C276CDCC61D475CF03A98E0C0E79CAEBA5BE25578BD4551D0B10903236F0B0F9" \
    "76852FA78EEA14EA0ACA87D1E91F688FE0DFF897BBE35A472621D343564B262F" \
    "34223AE8FC59B664BFEDFA2BFE7516CA5510A6BBB633D517EC25D4E0BBAA16C2"
#define DH_IC "A5B780126B7C980E9FCEA1D4539DA1D27C342DFA"
#define DH_IFD "89CCD99B0E8D3B1F11E1296DCA68EC53411CF2CA"
#define DH_IC_PUBLIC                                                   \
    "928D9A0F9DBA450F13FC859C6F290D1D36E42431138A4378500BEB4E0401854C" \
    "FF111F71CB6DC1D0335807A11388CC8EAA87B07907AAD9FBA6B169AF6D8C26AF" \
    "8DDDC39ADC3AD2E3FF882B84D23E9768E95A80E4746FB07A9767679FE92133B4" \
    "D379935C771BD7FBED6C7BB4B1708B275EA75679524CDC9C6A91370CC662A2F3"
#define DH_IFD_PUBLIC                                                  \
    "0F0CC62945A8029251FB7EF3C094E12EC68E4EF07F27CB9D9CD04C5C4250FAE0" \
    "E4F8A951557E929AEB48E5C6DD47F2F5CD7C351A9BD2CD722C07EDE166770F08" \
    "FFCB370262CF308DD7B07F2E0DA9CAAA1492344C852906919538C98A4BA4187E" \
    "76CE9D87832386D319CE2E043C3343AEAE6EDBA1A9894DC5094D22F7FE1351D5"
#define DH_SHARED                                                      \
    "419410D6C0A17A4C07C54872CE1CBCEB0A2705C1A434C8A89A4CFE41F1D78124" \
    "CA7EC52BDE7615E5345E48AB1ABB6E7D1D59A57F3174084D3CA4570397C1F622" \
    "28BDFDB2DA191EA2239E2C060DBE3BBC23C2FCD0AF12E0F9E0B99FCF91FF1959" \
    "011D5798B2FCBC1F14FCC24E441F4C8F9B08D977E9498560E63E7FFAB3134EA7"

static void
finite_field_published(void)
{
    chipid_dh *dh, *mapped;
    chipid_buffer random = buffer(CHIPID_RANDOM_MAX), out = buffer(CHIPID_DH_MAX);

    CHECK_STATUS(CHIPID_OK, chipid_dh_standardised(core, 0, &dh));
    CHECK_STATUS(CHIPID_OK, chipid_dh_get(dh, CHIPID_DH_P, &out));
    CHECK_STATUS(CHIPID_OK, chipid_integrated_random(core, CHIPID_AES_128, hex(DH_S), hex(DH_T), written(&out), &random));
    CHECK_HEX(DH_R, written(&random));
    CHECK_STATUS(CHIPID_OK, chipid_dh_map_integrated(dh, written(&random), &mapped));
    chipid_dh_free(dh);
    CHECK_STATUS(CHIPID_OK, chipid_dh_get(mapped, CHIPID_DH_G, &out));
    CHECK_HEX(DH_MAPPED, written(&out));
    CHECK_STATUS(CHIPID_OK, chipid_dh_public_key(mapped, hex(DH_IC), &out));
    CHECK_HEX(DH_IC_PUBLIC, written(&out));
    CHECK_STATUS(CHIPID_OK, chipid_dh_public_key(mapped, hex(DH_IFD), &out));
    CHECK_HEX(DH_IFD_PUBLIC, written(&out));
    CHECK_STATUS(CHIPID_OK, chipid_dh_agree(mapped, hex(DH_IFD), hex(DH_IC_PUBLIC), &out));
    CHECK_HEX(DH_SHARED, written(&out));
    chipid_dh_free(mapped);
}

/* The pseudo-random function ---------------------------------------------------------------------------------------------- */

static chipid_bytes
zeros(size_t size)
{
    chipid_buffer out = buffer(size);

    memset(out.data, 0, size);
    out.size = size;
    return written(&out);
}

/* 2^(bits-1) with a leading zero octet, which does not count. */
static chipid_bytes
modulus(size_t bits)
{
    chipid_bytes made = zeros((bits + 7) / 8 + 1);

    writable(made)[1] = (uint8_t)(1u << (bits - 1) % 8);
    return made;
}

static size_t
random_size(chipid_cipher cipher, size_t bits)
{
    const size_t width = cipher == CHIPID_AES_192 || cipher == CHIPID_AES_256 ? 32 : 16;
    chipid_bytes s = zeros(width), t = zeros(chipid_cipher_key_size(cipher));
    chipid_buffer out = buffer(CHIPID_RANDOM_MAX);

    CHECK_STATUS(CHIPID_OK, chipid_integrated_random(core, cipher, s, t, modulus(bits), &out));
    return out.size;
}

/* n is the least with n * l >= bits + 64. */
static void
random_is_long_enough(void)
{
    for (chipid_cipher c = CHIPID_3DES; c < CHIPID_CIPHER_COUNT; c++) {
        const size_t l = c == CHIPID_AES_192 || c == CHIPID_AES_256 ? 256 : 128;

        CHECK(random_size(c, 1) == l / 8);
        CHECK(random_size(c, l - 64) == l / 8);
        CHECK(random_size(c, l - 63) == 2 * l / 8);
        CHECK(random_size(c, 192) == 256 / 8);
        CHECK(random_size(c, 193) == (256 + l) / 8);
        CHECK(random_size(c, 4096) == (4096 + l) / 8);
    }
}

static void
random_refuses_other_lengths(void)
{
    chipid_buffer out = buffer(CHIPID_RANDOM_MAX);

    for (chipid_cipher c = CHIPID_3DES; c < CHIPID_CIPHER_COUNT; c++) {
        const size_t width = c == CHIPID_AES_192 || c == CHIPID_AES_256 ? 32 : 16, key = chipid_cipher_key_size(c);

        for (size_t size = 0; size < 40; size++) {
            if (size != width)
                CHECK_STATUS(CHIPID_LENGTH, chipid_integrated_random(core, c, zeros(size), zeros(key), hex("0B"), &out));
            if (size != key)
                CHECK_STATUS(CHIPID_LENGTH, chipid_integrated_random(core, c, zeros(width), zeros(size), hex("0B"), &out));
        }
        CHECK_STATUS(CHIPID_LENGTH, chipid_integrated_random(core, c, zeros(width), zeros(key), hex(""), &out));
        CHECK_STATUS(CHIPID_LENGTH, chipid_integrated_random(core, c, zeros(width), zeros(key), hex("0000"), &out));
        CHECK_STATUS(CHIPID_LENGTH, chipid_integrated_random(core, c, zeros(width), zeros(key), modulus(4097), &out));
        CHECK(out.size == 0);
    }
}

/* The point encoding ------------------------------------------------------------------------------------------------------ */

/* Appendix B needs p = 3 mod 4: all curves but secp224r1. */
static void
on_each_curve(void (*check)(const chipid_ec *ec))
{
    for (size_t i = 0; i < CURVES; i++) {
        chipid_ec *ec = curve_of(curve_names[i]);

        if (strcmp(curve_names[i], "secp224r1") != 0)
            check(ec);
        chipid_ec_free(ec);
    }
}

/* t = 0 and t = +-1 have no alpha that can be inverted. */
static void
is_undefined(const chipid_ec *ec)
{
    chipid_bytes p = curve_number(ec, CHIPID_EC_P);
    chipid_bytes undefined[] = {hex("00"), hex("01"), zeros(chipid_ec_field_size(ec) + 64), p, moved(p, -1)};
    chipid_ec *mapped;

    for (size_t k = 0; k < sizeof undefined / sizeof undefined[0]; k++) {
        CHECK_STATUS(CHIPID_EC_INTEGRATED, chipid_ec_map_integrated(ec, undefined[k], &mapped));
        CHECK(mapped == NULL);
    }
    CHECK_STATUS(CHIPID_OK, chipid_ec_map_integrated(ec, hex("02"), &mapped));
    chipid_ec_free(mapped);
    CHECK_STATUS(CHIPID_OK, chipid_ec_map_integrated(ec, moved(p, -2), &mapped));
    chipid_ec_free(mapped);
}

static void
undefined_numbers(void)
{
    on_each_curve(is_undefined);
}

/* t and -t differ in the sign of t^3 alone, so both branches of the encoding meet in x; t and t + p are the same. */
static void
makes_points(const chipid_ec *ec)
{
    chipid_bytes before = curve_generator(ec);
    chipid_ec *mapped;

    for (unsigned t = 2; t < 40; t++) {
        chipid_buffer out = buffer(CHIPID_POINT_MAX);
        chipid_bytes random = zeros(chipid_ec_field_size(ec) + CHIPID_RANDOM_EXCESS), point;

        writable(random)[random.size - 1] = (uint8_t)t;
        CHECK_STATUS(CHIPID_OK, chipid_ec_map_integrated(ec, random, &mapped));
        point = curve_generator(mapped);
        CHECK_STATUS(CHIPID_OK, chipid_ec_check_point(ec, point, &out));
        CHECK(!chipid_equal(before, point));
        before = point;
        chipid_ec_free(mapped);
    }
}

static void
every_number_makes_a_point(void)
{
    on_each_curve(makes_points);
}

static void
mapping_refuses(void)
{
    chipid_ec *ec = curve_of("secp224r1"), *mapped;

    CHECK_STATUS(CHIPID_EC_INTEGRATED, chipid_ec_map_integrated(ec, hex("02"), &mapped));
    chipid_ec_free(ec);
    ec = curve_of("secp256r1");
    CHECK_STATUS(CHIPID_LENGTH, chipid_ec_map_integrated(ec, hex(""), &mapped));
    CHECK_STATUS(CHIPID_LENGTH, chipid_ec_map_integrated(ec, zeros(32 + CHIPID_RANDOM_EXCESS + 1), &mapped));
    CHECK(mapped == NULL);
    chipid_ec_free(ec);
}

const test integrated_tests[] = {
    {"elliptic_curve_published", elliptic_curve_published},
    {"finite_field_published", finite_field_published},
    {"random_is_long_enough", random_is_long_enough},
    {"random_refuses_other_lengths", random_refuses_other_lengths},
    {"undefined_numbers", undefined_numbers},
    {"every_number_makes_a_point", every_number_makes_a_point},
    {"mapping_refuses", mapping_refuses},
    {NULL, NULL},
};
