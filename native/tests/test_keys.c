/* SPDX-License-Identifier: Apache-2.0 */
/* Key derivation, MACs and ciphers against published values. */
#include "check.h"

/* KDF --------------------------------------------------------------------------------------------------------------------- */

static const struct {
    chipid_cipher cipher;
    const char *secret;
    uint32_t counter;
    const char *key;
} derived[] = {
    /* ICAO 9303-11 Appendix D.1 */
    {CHIPID_3DES, "239AB9CB282DAF66231DC5A4DF6BFBAE", 1, "AB94FDECF2674FDFB9B391F85D7F76F2"},
    {CHIPID_3DES, "239AB9CB282DAF66231DC5A4DF6BFBAE", 2, "7962D9ECE03D1ACD4C76089DCE131543"},
    /* Appendix G.1: K_pi, KS_Enc, KS_MAC */
    {CHIPID_AES_128, "7E2D2A41C74EA0B38CD36F863939BFA8E9032AAD", 3, "89DED1B26624EC1E634C1989302849DD"},
    {CHIPID_AES_128, "28768D20701247DAE81804C9E780EDE582A9996DB4A315020B2733197DB84925", 1, "F5F0E35C0D7161EE6724EE513A0D9A7F"},
    {CHIPID_AES_128, "28768D20701247DAE81804C9E780EDE582A9996DB4A315020B2733197DB84925", 2, "FE251C7858B356B24514B3BD5F4297D1"},
    /* K_pi of the PIN 123456 */
    {CHIPID_AES_128, "313233343536", 3, "591468CDA83D65219CCCB8560233600F"},
    {CHIPID_AES_192, "313233343536", 3, "8DF3278FB32026E66277357FCD6C826DBEB3DE32088B2531"},
    {CHIPID_AES_256, "313233343536", 3, "8DF3278FB32026E66277357FCD6C826DBEB3DE32088B2531757D753940185923"},
};

static void
kdf_published(void)
{
    for (size_t i = 0; i < sizeof derived / sizeof derived[0]; i++) {
        chipid_buffer key = buffer(CHIPID_KEY_MAX), tight = buffer(chipid_cipher_key_size(derived[i].cipher));
        chipid_buffer small = buffer(chipid_cipher_key_size(derived[i].cipher) - 1);
        chipid_bytes secret = hex(derived[i].secret), none = {NULL, 0};

        CHECK_STATUS(CHIPID_OK, chipid_kdf(core, derived[i].cipher, secret, derived[i].counter, none, &key));
        CHECK_HEX(derived[i].key, written(&key));
        CHECK_STATUS(CHIPID_OK, chipid_kdf(core, derived[i].cipher, secret, derived[i].counter, none, &tight));
        CHECK_STATUS(CHIPID_CAPACITY, chipid_kdf(core, derived[i].cipher, secret, derived[i].counter, none, &small));
        CHECK(small.size == 0);
    }
}

static void
kdf_nonce_stands_before_the_counter(void)
{
    chipid_buffer whole = buffer(16), split = buffer(16);

    CHECK_STATUS(CHIPID_OK, chipid_kdf(core, CHIPID_AES_128, hex("0102030405"), 1, hex(""), &whole));
    CHECK_STATUS(CHIPID_OK, chipid_kdf(core, CHIPID_AES_128, hex("010203"), 1, hex("0405"), &split));
    CHECK(chipid_equal(written(&whole), written(&split)));
}

static void
kdf_refuses(void)
{
    chipid_buffer key = buffer(16);

    CHECK_STATUS(CHIPID_KDF_SECRET, chipid_kdf(core, CHIPID_AES_128, hex(""), 1, hex("00"), &key));
    CHECK_STATUS(CHIPID_KDF_COUNTER, chipid_kdf(core, CHIPID_AES_128, hex("00"), 0, hex(""), &key));
    CHECK(key.size == 0);
}

const test kdf_tests[] = {
    {"published", kdf_published},
    {"nonce_stands_before_the_counter", kdf_nonce_stands_before_the_counter},
    {"refuses", kdf_refuses},
    {NULL, NULL},
};

/* MACs -------------------------------------------------------------------------------------------------------------------- */

#define RFC4493_KEY "2B7E151628AED2A6ABF7158809CF4F3C"
#define RFC4493_64                                                     \
    "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51" \
    "30C81C46A35CE411E5FBC1191A0A52EFF69F2445DF4F9B17AD2B417BE66C3710"
#define KEY_192 "8E73B0F7DA0E6452C810F32B809079E562F8EAD2522C6B7B"
#define KEY_256 "603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4"

static const struct {
    const char *key;
    size_t size; /* of RFC4493_64 */
    const char *mac;
} cmacs[] = {
    /* RFC 4493 §4 */
    {RFC4493_KEY, 0, "BB1D6929E95937287FA37D129B756746"},
    {RFC4493_KEY, 16, "070A16B46B4D4144F79BDD9DD04A287C"},
    {RFC4493_KEY, 40, "DFA66747DE9AE63030CA32611497C827"},
    {RFC4493_KEY, 64, "51F0BEBF7E3B9D92FC49741779363CFE"},
    /* NIST SP 800-38B, examples D.2 and D.3 */
    {KEY_192, 0, "D17DDF46ADAACDE531CAC483DE7A9367"},
    {KEY_192, 16, "9E99A7BF31E710900662F65E617C5184"},
    {KEY_192, 40, "8A1DE5BE2EB31AAD089A82E6EE908B0E"},
    {KEY_192, 64, "A1D5DF0EED790F794D77589659F39A11"},
    {KEY_256, 0, "028962F61B7BF89EFC6B551F4667D983"},
    {KEY_256, 16, "28A7023F452E8F82BD4BF28D8C37C35C"},
    {KEY_256, 40, "AAF3D8F1DE5640C232F5B169B9C911E6"},
    {KEY_256, 64, "E1992190549F6ED5696A2C056C315410"},
};

static void
cmac_published(void)
{
    for (size_t i = 0; i < sizeof cmacs / sizeof cmacs[0]; i++) {
        chipid_buffer mac = buffer(CHIPID_CMAC_SIZE);

        CHECK_STATUS(CHIPID_OK, chipid_cmac(core, hex(cmacs[i].key), part(hex(RFC4493_64), 0, cmacs[i].size), &mac));
        CHECK_HEX(cmacs[i].mac, written(&mac));
    }
}

static void
cmac_refuses(void)
{
    chipid_buffer mac = buffer(CHIPID_CMAC_SIZE), small = buffer(CHIPID_CMAC_SIZE - 1);

    for (size_t size = 0; size <= 40; size++) {
        if (size != 16 && size != 24 && size != 32)
            CHECK_STATUS(CHIPID_CIPHER_KEY, chipid_cmac(core, octets(RFC4493_64, size), hex(""), &mac));
    }
    CHECK_STATUS(CHIPID_CAPACITY, chipid_cmac(core, hex(RFC4493_KEY), hex(""), &small));
}

static const struct {
    const char *key, *data;
    bool pad;
    const char *mac;
} retail[] = {
    /* ICAO 9303-11 Appendix D.3: M_IFD over E_IFD, M_IC over E_IC */
    {"7962D9ECE03D1ACD4C76089DCE131543", "72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F2", true, "5F1448EEA8AD90A7"},
    {"7962D9ECE03D1ACD4C76089DCE131543", "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F", true, "2F2D235D074D7449"},
    /* Appendix D.4: N, which is whole blocks already */
    {"F1CB1F1FB5ADF208806B89DC579DC1F8", "887022120C06C2270CA4020C800000008709016375432908C044F68000000000", false, "BF8B92D635FF24F8"},
    {"F1CB1F1FB5ADF208806B89DC579DC1F8", "887022120C06C2270CA4020C800000008709016375432908C044F6", true, "BF8B92D635FF24F8"},
    /* one block: no chain before the last */
    {"F1CB1F1FB5ADF208806B89DC579DC1F8", "8000000000000000", false, NULL},
    {"F1CB1F1FB5ADF208806B89DC579DC1F8", "", true, NULL},
};

static void
retail_mac_published(void)
{
    chipid_buffer single = buffer(8), empty = buffer(8);

    for (size_t i = 0; i < sizeof retail / sizeof retail[0]; i++) {
        chipid_buffer mac = buffer(CHIPID_MAC_SIZE);

        CHECK_STATUS(CHIPID_OK, chipid_retail_mac(core, hex(retail[i].key), hex(retail[i].data), retail[i].pad, &mac));
        if (retail[i].mac != NULL)
            CHECK_HEX(retail[i].mac, written(&mac));
    }
    /* No data, padded, is one block of padding. */
    CHECK_STATUS(CHIPID_OK, chipid_retail_mac(core, hex(retail[4].key), hex(retail[4].data), false, &single));
    CHECK_STATUS(CHIPID_OK, chipid_retail_mac(core, hex(retail[5].key), hex(retail[5].data), true, &empty));
    CHECK(chipid_equal(written(&single), written(&empty)));
}

static void
retail_mac_refuses(void)
{
    chipid_buffer mac = buffer(CHIPID_MAC_SIZE), small = buffer(CHIPID_MAC_SIZE - 1);
    chipid_bytes key = hex(retail[0].key);

    CHECK_STATUS(CHIPID_CIPHER_KEY, chipid_retail_mac(core, part(key, 0, 15), hex(""), true, &mac));
    CHECK_STATUS(CHIPID_CIPHER_KEY, chipid_retail_mac(core, hex(KEY_192), hex(""), true, &mac));
    CHECK_STATUS(CHIPID_CIPHER_BLOCK, chipid_retail_mac(core, key, hex(""), false, &mac));
    CHECK_STATUS(CHIPID_CIPHER_BLOCK, chipid_retail_mac(core, key, hex("00112233445566"), false, &mac));
    CHECK_STATUS(CHIPID_CAPACITY, chipid_retail_mac(core, key, hex(""), true, &small));
}

/* The MACs hold back up to 512 octets: each length around that must agree with what a plain CBC gives. */
static void
cmac_across_the_held_octets(void)
{
    for (size_t size = 480; size <= 1056; size++) {
        chipid_buffer mac = buffer(16), chain = buffer(size);
        chipid_bytes data, key = hex(RFC4493_KEY), zero = octets("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
        uint8_t last[16];

        for (size_t i = 0; i < size; i++)
            chain.data[i] = (uint8_t)(i * 7 + i / 256);
        chain.size = size;
        data = written(&chain);
        CHECK_STATUS(CHIPID_OK, chipid_cmac(core, key, data, &mac));
        if (size % 16 != 0)
            continue;
        /* CMAC of whole blocks: CBC, with K1 (RFC 4493 §4) on the last block. */
        for (size_t i = 0; i < 16; i++)
            writable(data)[size - 16 + i] ^= hex("FBEED618357133667C85E08F7236A8DE").data[i];
        CHECK_STATUS(CHIPID_OK, chipid_cbc(core, CHIPID_AES_128, true, key, zero, data, &chain));
        for (size_t i = 0; i < 16; i++)
            last[i] = chain.data[size - 16 + i];
        CHECK(chipid_equal(written(&mac), octets(last, 16)));
    }
}

const test mac_tests[] = {
    {"cmac_published", cmac_published},
    {"cmac_refuses", cmac_refuses},
    {"retail_mac_published", retail_mac_published},
    {"retail_mac_refuses", retail_mac_refuses},
    {"cmac_across_the_held_octets", cmac_across_the_held_octets},
    {NULL, NULL},
};

/* Ciphers ----------------------------------------------------------------------------------------------------------------- */

static const struct {
    chipid_cipher cipher;
    const char *key, *iv, *plain, *ciphertext;
} encrypted[] = {
    /* NIST SP 800-38A F.2.1, F.2.3, F.2.5, first block */
    {CHIPID_AES_128, RFC4493_KEY, "000102030405060708090A0B0C0D0E0F", "6BC1BEE22E409F96E93D7E117393172A", "7649ABAC8119B246CEE98E9B12E9197D"},
    {CHIPID_AES_192, KEY_192, "000102030405060708090A0B0C0D0E0F", "6BC1BEE22E409F96E93D7E117393172A", "4F021DB243BC633D7178183A9FA071E8"},
    {CHIPID_AES_256, KEY_256, "000102030405060708090A0B0C0D0E0F", "6BC1BEE22E409F96E93D7E117393172A", "F58C4C04D6E5F1BA779EABFB5F7BFBD6"},
    /* ICAO 9303-11 Appendix D.4 */
    {CHIPID_3DES, "979EC13B1CBFE9DCD01AB0FED307EAE5", "0000000000000000", "011E800000000000", "6375432908C044F6"},
    {CHIPID_AES_128, RFC4493_KEY, "000102030405060708090A0B0C0D0E0F", "", ""},
};

static void
cbc_published(void)
{
    for (size_t i = 0; i < sizeof encrypted / sizeof encrypted[0]; i++) {
        chipid_bytes key = hex(encrypted[i].key), iv = hex(encrypted[i].iv);
        chipid_bytes plain = hex(encrypted[i].plain), ciphertext = hex(encrypted[i].ciphertext);
        chipid_buffer out = buffer(plain.size);

        CHECK_STATUS(CHIPID_OK, chipid_cbc(core, encrypted[i].cipher, true, key, iv, plain, &out));
        CHECK_HEX(encrypted[i].ciphertext, written(&out));
        CHECK_STATUS(CHIPID_OK, chipid_cbc(core, encrypted[i].cipher, false, key, iv, ciphertext, &out));
        CHECK_HEX(encrypted[i].plain, written(&out));
    }
}

static void
cbc_refuses(void)
{
    chipid_bytes key = hex(RFC4493_KEY), iv = hex(RFC4493_KEY), block = hex(RFC4493_KEY);
    chipid_buffer out = buffer(32), small = buffer(15);

    for (chipid_cipher c = CHIPID_3DES; c < CHIPID_CIPHER_COUNT; c++) {
        size_t key_size = chipid_cipher_key_size(c), block_size = chipid_cipher_block_size(c);
        chipid_bytes good = octets(KEY_256, key_size), good_iv = octets(KEY_256, block_size);

        CHECK_STATUS(CHIPID_CIPHER_KEY, chipid_cbc(core, c, true, octets(KEY_256, key_size - 1), good_iv, block, &out));
        CHECK_STATUS(CHIPID_CIPHER_KEY, chipid_cbc(core, c, false, octets(KEY_256, key_size + 1), good_iv, block, &out));
        CHECK_STATUS(CHIPID_CIPHER_IV, chipid_cbc(core, c, true, good, octets(KEY_256, block_size - 1), block, &out));
        CHECK_STATUS(CHIPID_CIPHER_IV, chipid_cbc(core, c, true, good, octets(KEY_256, block_size + 1), block, &out));
        CHECK_STATUS(CHIPID_CIPHER_BLOCK, chipid_cbc(core, c, true, good, good_iv, part(block, 0, 15), &out));
        CHECK_STATUS(CHIPID_CIPHER_BLOCK, chipid_cbc(core, c, false, good, good_iv, part(block, 0, 1), &out));
    }
    CHECK_STATUS(CHIPID_CAPACITY, chipid_cbc(core, CHIPID_AES_128, true, key, iv, block, &small));
    CHECK(small.size == 0);
}

static void
cipher_names(void)
{
    chipid_cipher cipher;

    for (chipid_cipher c = CHIPID_3DES; c < CHIPID_CIPHER_COUNT; c++) {
        CHECK_STATUS(CHIPID_OK, chipid_cipher_named(chipid_cipher_name(c), &cipher));
        CHECK(cipher == c);
    }
    CHECK_STATUS(CHIPID_CIPHER_UNKNOWN, chipid_cipher_named("aes-128", &cipher));
    CHECK_STATUS(CHIPID_CIPHER_UNKNOWN, chipid_cipher_named("", &cipher));
}

const test cipher_tests[] = {
    {"cbc_published", cbc_published},
    {"cbc_refuses", cbc_refuses},
    {"cipher_names", cipher_names},
    {NULL, NULL},
};
