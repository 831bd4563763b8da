/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "check.h"

typedef chipid_status (*message)(chipid_sm *, chipid_bytes, chipid_buffer *);

#define AES_ENC "46313233343536373839304142434445"
#define AES_MAC "31323334353637383930414243444546"
#define DES_ENC "979EC13B1CBFE9DCD01AB0FED307EAE5"
#define DES_MAC "F1CB1F1FB5ADF208806B89DC579DC1F8"
#define DES_SSC "887022120C06C226"
#define ZERO_SSC "00000000000000000000000000000000"
#define LONG_KEY "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"

static chipid_sm *
session(chipid_cipher cipher, const char *ks_enc, const char *ks_mac, const char *ssc)
{
    chipid_sm *sm;

    CHECK_STATUS(CHIPID_OK, chipid_sm_new(core, cipher, hex(ks_enc), hex(ks_mac), hex(ssc), &sm));
    return sm;
}

/* One of a pair with the same keys and counter. */
static chipid_sm *
session_of(chipid_cipher cipher)
{
    chipid_bytes key = part(hex(LONG_KEY), 0, chipid_cipher_key_size(cipher));
    chipid_bytes ssc = part(hex(ZERO_SSC), 0, chipid_cipher_block_size(cipher));
    chipid_sm *sm;

    CHECK_STATUS(CHIPID_OK, chipid_sm_new(core, cipher, key, key, ssc, &sm));
    return sm;
}

static chipid_bytes
pass(chipid_sm *sm, message function, chipid_bytes in)
{
    chipid_buffer out = buffer(in.size + CHIPID_SM_OVERHEAD);

    CHECK_STATUS(CHIPID_OK, function(sm, in, &out));
    return written(&out);
}

static void
refuse(chipid_status expected, chipid_sm *sm, message function, chipid_bytes in)
{
    chipid_buffer out = buffer(in.size + CHIPID_SM_OVERHEAD);

    CHECK_STATUS(expected, function(sm, in, &out));
    CHECK(out.size == 0);
}

/* Published --------------------------------------------------------------------------------------------------------------- */

static void
appendix_d4(void)
{
    static const struct {
        const char *command, *protected_command, *protected_response, *response;
    } steps[] = {
        {"00A4020C02011E", "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800", "990290008E08FA855A5D4C50A8ED9000", "9000"},
        {"00B0000004", "0CB000000D9701048E08ED6705417E96BA5500",
         "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000", "60145F019000"},
        {"00B0000412", "0CB000040D9701128E082EA28A70F3C7B53500",
         "871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D749000",
         "04303130365F36063034303030305C0261759000"},
    };
    chipid_sm *terminal = session(CHIPID_3DES, DES_ENC, DES_MAC, DES_SSC);
    chipid_sm *chip = session(CHIPID_3DES, DES_ENC, DES_MAC, DES_SSC);

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        CHECK_HEX(steps[i].protected_command, pass(terminal, chipid_sm_protect_command, hex(steps[i].command)));
        CHECK_HEX(steps[i].command, pass(chip, chipid_sm_unprotect_command, hex(steps[i].protected_command)));
        CHECK_HEX(steps[i].protected_response, pass(chip, chipid_sm_protect_response, hex(steps[i].response)));
        CHECK_HEX(steps[i].response, pass(terminal, chipid_sm_unprotect_response, hex(steps[i].protected_response)));
    }
    CHECK_HEX("887022120C06C22C", chipid_sm_ssc(terminal));
    chipid_sm_free(terminal);
    chipid_sm_free(chip);
}

static void
aes_128_commands(void)
{
    static const struct {
        const char *plain, *protected_command, *ssc;
    } cases[] = {
        {"10102030", "1C1020300A8E0852D8F5136EDDAAB800", "00"},
        {"00102030", "0C1020300A8E08FD824409AE18C2F500", "00"},
        {"0010203008", "0C1020300D9701088E080639E0CC69D18D3900", "00"},
        {"0010203000", "0C1020300D9701008E08A361948E0C90464B00", "00"},
        {"00102030000000", "0C10203000000E970200008E088B5E9FDB6CC8D9C70000", "00"},
        {"0010203004D0D1D2D300", "0C10203020871101CC30C03DBE01213486B74CE1F48F5C499701008E085F5F415D7BCDB09200", "00"},
        {"00102030000004D0D1D2D30000", "0C102030000021871101CC30C03DBE01213486B74CE1F48F5C49970200008E08E694D258BC80A23F0000", "00"},
        {"00102030000004D0D1D2D30000", "0C102030000021871101252538E3EBAD320FCD01905459F6B6E0970200008E08E5FEEC033D432ED00000", "03"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        chipid_sm *terminal = session(CHIPID_AES_128, AES_ENC, AES_MAC, ZERO_SSC);
        chipid_sm *chip = session(CHIPID_AES_128, AES_ENC, AES_MAC, ZERO_SSC);
        chipid_bytes ssc = hex(ZERO_SSC);

        writable(ssc)[15] = hex(cases[i].ssc).data[0];
        CHECK_STATUS(CHIPID_OK, chipid_sm_set_ssc(terminal, ssc));
        CHECK_STATUS(CHIPID_OK, chipid_sm_set_ssc(chip, ssc));
        CHECK_HEX(cases[i].protected_command, pass(terminal, chipid_sm_protect_command, hex(cases[i].plain)));
        CHECK_HEX(cases[i].plain, pass(chip, chipid_sm_unprotect_command, hex(cases[i].protected_command)));
        chipid_sm_free(terminal);
        chipid_sm_free(chip);
    }
}

/* Both ends --------------------------------------------------------------------------------------------------------------- */

/* A plain command with size octets of data, in the shortest form that fits, or the extended one. */
static chipid_bytes
command(uint8_t ins, size_t size, size_t le_size, bool extended)
{
    chipid_buffer out = buffer(16 + size);
    uint8_t *at = out.data;

    *at++ = 0x00;
    *at++ = ins;
    *at++ = 0x12;
    *at++ = 0x34;
    if (extended && (size > 0 || le_size > 0))
        *at++ = 0;
    if (size > 0 && extended)
        *at++ = (uint8_t)(size >> 8);
    if (size > 0)
        *at++ = (uint8_t)size;
    for (size_t i = 0; i < size; i++)
        *at++ = (uint8_t)(i % 3 == 0 ? 0x80 : 0); /* looks like padding wherever it is cut */
    for (size_t i = 0; i < le_size; i++)
        *at++ = (uint8_t)(i + 1);
    out.size = (size_t)(at - out.data);
    return written(&out);
}

static chipid_bytes
response(size_t size)
{
    chipid_buffer out = buffer(size + 2);

    memset(out.data, 0, size);
    memcpy(out.data + size, "\x62\x82", 2);
    out.size = size + 2;
    return written(&out);
}

/* Protected octets have one right form: whatever else is made of them is refused, and closes the session. */
static void
round_trip(chipid_cipher cipher, chipid_bytes plain, size_t response_size)
{
    chipid_sm *terminal = session_of(cipher), *chip = session_of(cipher);
    chipid_bytes wire = pass(terminal, chipid_sm_protect_command, plain);

    CHECK(chipid_equal(plain, pass(chip, chipid_sm_unprotect_command, wire)));
    wire = pass(chip, chipid_sm_protect_response, response(response_size));
    CHECK(chipid_equal(response(response_size), pass(terminal, chipid_sm_unprotect_response, wire)));
    CHECK(chipid_equal(chipid_sm_ssc(terminal), chipid_sm_ssc(chip)));
    CHECK(chipid_sm_ssc(terminal).data[chipid_cipher_block_size(cipher) - 1] == 2);
    chipid_sm_free(terminal);
    chipid_sm_free(chip);
}

static void
all_lengths_pass_through(void)
{
    static const size_t sizes[] = {0, 1, 7, 8, 15, 16, 17, 111, 112, 127, 128, 222, 223, 224, 230, 231, 238, 239, 240, 254, 255};
    static const uint8_t instructions[] = {0xB0, 0xB1};

    for (chipid_cipher c = CHIPID_3DES; c < CHIPID_CIPHER_COUNT; c++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            for (size_t k = 0; k < 2; k++) {
                round_trip(c, command(instructions[k], sizes[i], 0, false), sizes[i]);
                round_trip(c, command(instructions[k], sizes[i], 1, false), sizes[i]);
                round_trip(c, command(instructions[k], sizes[i], 2, true), sizes[i]);
            }
        }
        round_trip(c, command(0xB0, 256, 0, true), 256);
        round_trip(c, command(0xB1, 65000, 2, true), 65536);
    }
}

static void
protected_form_is_extended_only_when_needed(void)
{
    chipid_sm *sm = session_of(CHIPID_AES_128);
    chipid_bytes wire = pass(sm, chipid_sm_protect_command, command(0xB0, 223, 0, false));

    /* 87 81E1 01 and 224 octets, 8E 08 and 8: 238 */
    CHECK(wire.data[4] == 238 && wire.size == 5 + 238 + 1);
    wire = pass(sm, chipid_sm_protect_command, command(0xB0, 240, 0, false));
    CHECK_HEX("00010F", part(wire, 4, 3)); /* 87 820101 01 and 256, 8E 08 and 8 */
    CHECK_HEX("0000", part(wire, wire.size - 2, 2));
    chipid_sm_free(sm);
}

static void
extended_without_need_comes_back_short(void)
{
    chipid_sm *terminal = session_of(CHIPID_AES_128), *chip = session_of(CHIPID_AES_128);
    chipid_bytes wire = pass(terminal, chipid_sm_protect_command, hex("00102030" "000004" "D0D1D2D3"));

    CHECK_HEX("00102030" "04" "D0D1D2D3", pass(chip, chipid_sm_unprotect_command, wire));
    chipid_sm_free(terminal);
    chipid_sm_free(chip);
}

static void
longest_short_command(void)
{
    chipid_sm *terminal = session_of(CHIPID_AES_128), *chip = session_of(CHIPID_AES_128);
    chipid_bytes plain = command(0xB0, 255, 1, false), back;
    uint8_t *le = writable(plain) + plain.size - 1;

    *le = 0;
    back = pass(chip, chipid_sm_unprotect_command, pass(terminal, chipid_sm_protect_command, plain));
    CHECK(chipid_equal(plain, back));
    chipid_sm_free(terminal);
    chipid_sm_free(chip);
}

static void
odd_instructions_use_do85(void)
{
    chipid_sm *terminal = session_of(CHIPID_AES_256), *chip = session_of(CHIPID_AES_256);
    chipid_bytes wire = pass(terminal, chipid_sm_protect_command, hex("00B10000" "04" "54020000" "00"));

    CHECK_HEX("8510", part(wire, 5, 2));
    (void)pass(chip, chipid_sm_unprotect_command, wire);
    wire = pass(chip, chipid_sm_protect_response, hex("53021122" "9000"));
    CHECK_HEX("8510", part(wire, 0, 2));
    CHECK_HEX("530211229000", pass(terminal, chipid_sm_unprotect_response, wire));
    chipid_sm_free(terminal);
    chipid_sm_free(chip);
}

/* Refusals ---------------------------------------------------------------------------------------------------------------- */

static void
no_bit_may_change(void)
{
    for (chipid_cipher c = CHIPID_3DES; c < CHIPID_CIPHER_COUNT; c++) {
        chipid_sm *maker = session_of(c);
        chipid_bytes sent = pass(maker, chipid_sm_protect_command, hex("00B00000" "03" "A1A2A3" "04"));
        chipid_bytes answered;

        CHECK_STATUS(CHIPID_OK, chipid_sm_set_ssc(maker, part(hex(ZERO_SSC), 0, chipid_cipher_block_size(c))));
        answered = pass(maker, chipid_sm_protect_response, hex("A1A2A3" "9000"));
        for (size_t bit = 0; bit < 8 * (sent.size + answered.size); bit++) {
            bool is_command = bit < 8 * sent.size;
            size_t where = is_command ? bit : bit - 8 * sent.size;
            chipid_bytes altered = is_command ? part(sent, 0, sent.size) : part(answered, 0, answered.size);
            message function = is_command ? chipid_sm_unprotect_command : chipid_sm_unprotect_response;
            chipid_buffer out = buffer(altered.size + CHIPID_SM_OVERHEAD);
            chipid_sm *sm = session_of(c);

            writable(altered)[where / 8] ^= (uint8_t)(1u << where % 8);
            CHECK(function(sm, altered, &out) != CHIPID_OK && out.size == 0);
            CHECK(chipid_sm_closed(sm));
            chipid_sm_free(sm);
        }
        chipid_sm_free(maker);
    }
}

static void
no_octet_may_be_missing(void)
{
    chipid_sm *maker = session_of(CHIPID_AES_128);
    chipid_bytes answered = pass(maker, chipid_sm_protect_response, hex("A1A2A3" "9000"));

    for (size_t size = 0; size < answered.size; size++) {
        chipid_sm *sm = session_of(CHIPID_AES_128);
        chipid_buffer out = buffer(answered.size + CHIPID_SM_OVERHEAD);
        chipid_status status = chipid_sm_unprotect_response(sm, part(answered, 0, size), &out);

        CHECK(status != CHIPID_OK && out.size == 0);
        CHECK(chipid_sm_closed(sm) == (size != 2)); /* two octets are a status word */
        chipid_sm_free(sm);
    }
    chipid_sm_free(maker);
}

/* Response objects under KS_MAC = 0001..0F, AES-128, SSC 1, as a chip with the keys could make them. */
static chipid_bytes
sealed(const char *objects, const char *sw)
{
    chipid_bytes covered = hex(objects), key = part(hex(LONG_KEY), 0, 16);
    size_t padded = (covered.size / 16 + 1) * 16;
    chipid_buffer input = buffer(16 + padded), mac = buffer(16), out = buffer(covered.size + 12);

    memset(input.data, 0, input.capacity);
    input.data[15] = 1;
    memcpy(input.data + 16, covered.data, covered.size);
    input.data[16 + covered.size] = 0x80;
    CHECK_STATUS(CHIPID_OK, chipid_cmac(core, key, octets(input.data, input.capacity), &mac));
    memcpy(out.data, covered.data, covered.size);
    memcpy(out.data + covered.size, "\x8E\x08", 2);
    memcpy(out.data + covered.size + 2, mac.data, 8);
    memcpy(out.data + covered.size + 10, hex(sw).data, 2);
    out.size = out.capacity;
    return written(&out);
}

/* DO87 whose plaintext is these 16 octets, for SSC 1. */
static const char *
do87_of(const char *plaintext)
{
    static char object[2 * 19 + 1];
    chipid_bytes key = part(hex(LONG_KEY), 0, 16), counter = hex("00000000000000000000000000000001");
    chipid_buffer iv = buffer(16), ciphertext = buffer(16);

    CHECK_STATUS(CHIPID_OK, chipid_cbc(core, CHIPID_AES_128, true, key, hex(ZERO_SSC), counter, &iv));
    CHECK_STATUS(CHIPID_OK, chipid_cbc(core, CHIPID_AES_128, true, key, written(&iv), hex(plaintext), &ciphertext));
    memcpy(object, "871101", 6);
    for (size_t i = 0; i < 16; i++)
        sprintf(object + 6 + 2 * i, "%02X", ciphertext.data[i]);
    return object;
}

static void
objects_are_checked_although_the_mac_is_right(void)
{
    static const struct {
        const char *objects, *sw;
        chipid_status status;
    } cases[] = {
        {"99029000", "9000", CHIPID_OK},
        {"9981029000", "9000", CHIPID_OK}, /* a longer length field than needed */
        {"99026A82", "6A82", CHIPID_OK},   /* an error, protected, is an answer */
        {"99026A82", "9000", CHIPID_SM_STATUS_DIFFERS},
        {"99029000", "9001", CHIPID_SM_STATUS_DIFFERS},
        {"", "9000", CHIPID_SM_STATUS_MISSING},
        {"9900", "9000", CHIPID_SM_MALFORMED},
        {"990190", "9000", CHIPID_SM_MALFORMED},
        {"9903900000", "9000", CHIPID_SM_MALFORMED},
        {"9902900099029000", "9000", CHIPID_SM_MALFORMED}, /* twice */
        {"8E08000000000000000099029000", "9000", CHIPID_SM_MALFORMED},
        {"970100" "99029000", "9000", CHIPID_SM_MALFORMED}, /* an object of commands */
        {"8101FF" "99029000", "9000", CHIPID_SM_MALFORMED}, /* plain value: unknown here */
        {"8001FF" "99029000", "9000", CHIPID_SM_MALFORMED},
        {"8700" "99029000", "9000", CHIPID_SM_MALFORMED},
        {"870101" "99029000", "9000", CHIPID_SM_MALFORMED},
        {"87020100" "99029000", "9000", CHIPID_SM_MALFORMED},
        {"87110200000000000000000000000000000000" "99029000", "9000", CHIPID_SM_MALFORMED}, /* another padding indicator */
        {"871001000000000000000000000000000000" "99029000", "9000", CHIPID_SM_MALFORMED},    /* 15 octets */
        {"8500" "99029000", "9000", CHIPID_SM_MALFORMED},
        {"8780" "0000" "99029000", "9000", CHIPID_SM_MALFORMED}, /* indefinite */
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        chipid_sm *sm = session_of(CHIPID_AES_128);
        chipid_bytes wire = sealed(cases[i].objects, cases[i].sw);

        if (cases[i].status == CHIPID_OK)
            CHECK_HEX(cases[i].sw, pass(sm, chipid_sm_unprotect_response, wire));
        else
            refuse(cases[i].status, sm, chipid_sm_unprotect_response, wire);
        CHECK(chipid_sm_closed(sm) == (cases[i].status != CHIPID_OK));
        chipid_sm_free(sm);
    }
}

static void
order_and_number_of_objects(void)
{
    char objects[128];
    const char *do87 = do87_of("AABB8000000000000000000000000000");
    const struct {
        const char *first, *second, *third;
        chipid_status status;
    } cases[] = {
        {do87, "99029000", "", CHIPID_OK},
        {"99029000", do87, "", CHIPID_SM_MALFORMED},
        {do87, do87, "99029000", CHIPID_SM_MALFORMED},
        {do87, "", "", CHIPID_SM_STATUS_MISSING},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        chipid_sm *sm = session_of(CHIPID_AES_128);

        snprintf(objects, sizeof objects, "%s%s%s", cases[i].first, cases[i].second, cases[i].third);
        if (cases[i].status == CHIPID_OK)
            CHECK_HEX("AABB9000", pass(sm, chipid_sm_unprotect_response, sealed(objects, "9000")));
        else
            refuse(cases[i].status, sm, chipid_sm_unprotect_response, sealed(objects, "9000"));
        chipid_sm_free(sm);
    }
}

static void
padding_is_checked(void)
{
    static const struct {
        const char *block, *data;
        chipid_status status;
    } cases[] = {
        {"00112233445566778899AABBCCDDEE80", "00112233445566778899AABBCCDDEE9000", CHIPID_OK},
        {"80000000000000000000000000000000", "9000", CHIPID_OK},
        {"80800000000000000000000000000000", "809000", CHIPID_OK},
        {"00000000000000000000000000000000", "", CHIPID_SM_PADDING},
        {"00112233445566778899AABBCCDDEEFF", "", CHIPID_SM_PADDING},
        {"00112233445566778899AABBCC800001", "", CHIPID_SM_PADDING},
    };
    char objects[64];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        chipid_sm *sm = session_of(CHIPID_AES_128);

        snprintf(objects, sizeof objects, "%s99029000", do87_of(cases[i].block));
        if (cases[i].status == CHIPID_OK)
            CHECK_HEX(cases[i].data, pass(sm, chipid_sm_unprotect_response, sealed(objects, "9000")));
        else
            refuse(cases[i].status, sm, chipid_sm_unprotect_response, sealed(objects, "9000"));
        chipid_sm_free(sm);
    }
}

static void
mac_missing(void)
{
    static const struct {
        const char *response;
        chipid_status status;
    } cases[] = {
        {"990290009000", CHIPID_SM_MAC_MISSING},
        {"871101000102030405060708090A0B0C0D0E0F990290009000", CHIPID_SM_MAC_MISSING},
        {"99029000" "8E00" "9000", CHIPID_SM_MALFORMED},
        {"99029000" "8E0400112233" "9000", CHIPID_SM_MALFORMED}, /* ISO 7816-4 allows four octets, §9.8.6 does not */
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        chipid_sm *sm = session_of(CHIPID_AES_128);

        refuse(cases[i].status, sm, chipid_sm_unprotect_response, hex(cases[i].response));
        CHECK(chipid_sm_closed(sm));
        chipid_sm_free(sm);
    }
}

static void
nothing_behind_the_mac(void)
{
    chipid_sm *maker = session_of(CHIPID_AES_128), *sm = session_of(CHIPID_AES_128);
    chipid_bytes good = pass(maker, chipid_sm_protect_response, hex("9000"));
    chipid_buffer longer = buffer(good.size + 4);

    memcpy(longer.data, good.data, good.size - 2);
    memcpy(longer.data + good.size - 2, "\x99\x02\x90\x00\x90\x00", 6);
    longer.size = longer.capacity;
    refuse(CHIPID_SM_MALFORMED, sm, chipid_sm_unprotect_response, written(&longer));
    chipid_sm_free(maker);
    chipid_sm_free(sm);
}

/* docs/quirks.md 9: the caller may try both counters after a naked status word, and nothing else. */
static void
plaintext_status_leaves_the_session(void)
{
    chipid_sm *terminal = session_of(CHIPID_AES_128), *chip = session_of(CHIPID_AES_128);
    chipid_bytes ssc = octets(chipid_sm_ssc(terminal).data, 16);

    (void)pass(terminal, chipid_sm_protect_command, hex("00B0000000"));
    refuse(CHIPID_SM_PLAINTEXT, terminal, chipid_sm_unprotect_response, hex("6700"));
    CHECK(!chipid_sm_closed(terminal) && chipid_sm_ssc(terminal).data[15] == 2);
    CHECK_STATUS(CHIPID_OK, chipid_sm_set_ssc(terminal, ssc)); /* a chip that has not counted */
    CHECK_HEX("00B0000000",
              pass(chip, chipid_sm_unprotect_command, pass(terminal, chipid_sm_protect_command, hex("00B0000000"))));
    chipid_sm_free(terminal);
    chipid_sm_free(chip);
}

static void
plaintext_beside_a_status_closes(void)
{
    static const char *const responses[] = {"6F009000", "60145F019000", "FF9000", "00006A82", ""};

    for (size_t i = 0; i < sizeof responses / sizeof responses[0]; i++) {
        chipid_sm *sm = session_of(CHIPID_3DES);

        refuse(CHIPID_SM_MALFORMED, sm, chipid_sm_unprotect_response, hex(responses[i]));
        CHECK(chipid_sm_closed(sm));
        chipid_sm_free(sm);
    }
}

static void
closed_stays_closed(void)
{
    static const message functions[] = {chipid_sm_protect_command, chipid_sm_unprotect_command, chipid_sm_protect_response,
                                        chipid_sm_unprotect_response};
    chipid_sm *sm = session_of(CHIPID_AES_128);

    chipid_sm_close(sm);
    chipid_sm_close(sm);
    for (size_t i = 0; i < 4; i++)
        refuse(CHIPID_SM_CLOSED, sm, functions[i], hex("00B0000000"));
    CHECK_STATUS(CHIPID_SM_CLOSED, chipid_sm_set_ssc(sm, hex(ZERO_SSC)));
    chipid_sm_free(sm);
}

static void
wrong_counter(void)
{
    chipid_sm *terminal = session_of(CHIPID_AES_128), *chip = session_of(CHIPID_AES_128);
    chipid_bytes wire = pass(chip, chipid_sm_protect_response, hex("9000"));

    CHECK_STATUS(CHIPID_OK, chipid_sm_set_ssc(terminal, hex("00000000000000000000000000000001")));
    refuse(CHIPID_SM_MAC, terminal, chipid_sm_unprotect_response, wire);
    CHECK(chipid_sm_closed(terminal));
    chipid_sm_free(terminal);
    chipid_sm_free(chip);
}

static void
counter_carries_and_ends(void)
{
    static const message functions[] = {chipid_sm_protect_command, chipid_sm_unprotect_command, chipid_sm_protect_response,
                                        chipid_sm_unprotect_response};
    chipid_sm *sm = session(CHIPID_AES_128, AES_ENC, AES_MAC, "000000000000000000000000FFFFFFFF");

    (void)pass(sm, chipid_sm_protect_command, hex("00B0000000"));
    CHECK_HEX("00000000000000000000000100000000", chipid_sm_ssc(sm));
    chipid_sm_free(sm);
    for (size_t i = 0; i < 4; i++) {
        sm = session(CHIPID_3DES, DES_ENC, DES_MAC, "FFFFFFFFFFFFFFFF");
        refuse(CHIPID_SM_SSC, sm, functions[i], hex("00B0000000"));
        CHECK(chipid_sm_closed(sm));
        chipid_sm_free(sm);
    }
}

static void
protect_refuses_and_stays_open(void)
{
    static const char *const commands[] = {"",           "00B000",     "00B00000" "02" "AA", "00B00000" "01" "AA" "0000", "00B00000" "0000",
                                           "00B00000" "000000" "00", "00B00000" "000000" "0000", "00B00000" "000001" "AA" "00", "0CB00000", "04B00000", "08B00000",
                                           "40B00000",   "20B00000",   "FFCA000000"};
    chipid_sm *sm = session_of(CHIPID_AES_128);
    chipid_buffer small = buffer(20);

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        refuse(CHIPID_SM_MALFORMED, sm, chipid_sm_protect_command, hex(commands[i]));
    refuse(CHIPID_SM_LENGTH, sm, chipid_sm_protect_command, command(0xB0, 65530, 2, true));
    refuse(CHIPID_SM_MALFORMED, sm, chipid_sm_protect_response, hex("90"));
    refuse(CHIPID_SM_LENGTH, sm, chipid_sm_protect_response, response(65537));
    CHECK_STATUS(CHIPID_CAPACITY, chipid_sm_protect_command(sm, hex("00B0000000"), &small));
    CHECK_STATUS(CHIPID_CAPACITY, chipid_sm_protect_response(sm, hex("9000"), &small));
    CHECK(!chipid_sm_closed(sm));
    CHECK_HEX(ZERO_SSC, chipid_sm_ssc(sm));
    chipid_sm_free(sm);
}

static void
chip_refuses(void)
{
    static const struct {
        const char *apdu;
        chipid_status status;
    } cases[] = {
        {"0010203008", CHIPID_SM_PLAINTEXT},
        {"04102030" "0A8E08FD824409AE18C2F500", CHIPID_SM_MALFORMED},
        {"08102030" "0A8E08FD824409AE18C2F500", CHIPID_SM_MALFORMED},
        {"4C102030" "0A8E08FD824409AE18C2F500", CHIPID_SM_MALFORMED},
        {"0C102030" "0A8E08FD824409AE18C2F5", CHIPID_SM_MALFORMED},   /* no Le */
        {"0C102030" "0A8E08FD824409AE18C2F501", CHIPID_SM_MALFORMED}, /* another Le */
        {"0C102030" "00000A8E08FD824409AE18C2F50001", CHIPID_SM_MALFORMED},
        {"0C102030" "00", CHIPID_SM_MAC_MISSING},
        {"0C102030" "0397010800", CHIPID_SM_MAC_MISSING},
        {"0C102030" "0A8E08FD824409AE18C2F600", CHIPID_SM_MAC},
        {"0C102031" "0A8E08FD824409AE18C2F500", CHIPID_SM_MAC}, /* the header is covered */
        {"0C102030" "0E99029000" "8E08FD824409AE18C2F500", CHIPID_SM_MALFORMED},
        {"0C102030" "10" "9704000000008E08FD824409AE18C2F500", CHIPID_SM_MALFORMED},
        {"0C102030" "1C" "8510000102030405060708090A0B0C0D0E0F" "8E08FD824409AE18C2F500", CHIPID_SM_MALFORMED}, /* DO85, even INS */
        {"0C112030" "1D" "871101000102030405060708090A0B0C0D0E0F" "8E08FD824409AE18C2F500", CHIPID_SM_MALFORMED}, /* DO87, odd INS */
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        chipid_sm *sm = session(CHIPID_AES_128, AES_ENC, AES_MAC, ZERO_SSC);

        refuse(cases[i].status, sm, chipid_sm_unprotect_command, hex(cases[i].apdu));
        CHECK(chipid_sm_closed(sm));
        chipid_sm_free(sm);
    }
}

/* After an even INS a DO85 is no answer; after an odd one DO87 is taken as well. */
static void
cryptogram_form_follows_the_command(void)
{
    static const uint8_t instructions[] = {0xB0, 0xB1};

    for (size_t sent = 0; sent < 2; sent++) {
        for (size_t answered = 0; answered < 2; answered++) {
            chipid_sm *terminal = session_of(CHIPID_AES_128), *chip = session_of(CHIPID_AES_128), *other = session_of(CHIPID_AES_128);
            chipid_bytes wire;

            (void)pass(terminal, chipid_sm_protect_command, command(instructions[sent], 0, 1, false));
            wire = pass(other, chipid_sm_protect_command, command(instructions[answered], 0, 1, false));
            (void)pass(chip, chipid_sm_unprotect_command, wire);
            wire = pass(chip, chipid_sm_protect_response, hex("AABB9000"));
            if (instructions[sent] == 0xB0 && instructions[answered] == 0xB1)
                refuse(CHIPID_SM_MALFORMED, terminal, chipid_sm_unprotect_response, wire);
            else
                CHECK_HEX("AABB9000", pass(terminal, chipid_sm_unprotect_response, wire));
            chipid_sm_free(terminal);
            chipid_sm_free(chip);
            chipid_sm_free(other);
        }
    }
}

static void
sessions_need_fitting_keys(void)
{
    chipid_sm *sm;

    for (chipid_cipher c = CHIPID_3DES; c < CHIPID_CIPHER_COUNT; c++) {
        size_t key_size = chipid_cipher_key_size(c), block = chipid_cipher_block_size(c);
        chipid_bytes key = part(hex(LONG_KEY), 0, key_size), shorter = part(hex(LONG_KEY), 0, key_size - 1);
        chipid_bytes ssc = part(hex(ZERO_SSC), 0, block);

        CHECK_STATUS(CHIPID_CIPHER_KEY, chipid_sm_new(core, c, shorter, key, ssc, &sm));
        CHECK_STATUS(CHIPID_CIPHER_KEY, chipid_sm_new(core, c, key, shorter, ssc, &sm));
        CHECK_STATUS(CHIPID_SM_SSC, chipid_sm_new(core, c, key, key, part(ssc, 0, block - 1), &sm));
        CHECK_STATUS(CHIPID_SM_SSC, chipid_sm_new(core, c, key, key, hex("0000000000000000000000000000000000"), &sm));
        CHECK_STATUS(CHIPID_OK, chipid_sm_new(core, c, key, key, ssc, &sm));
        CHECK(chipid_sm_cipher(sm) == c);
        CHECK_STATUS(CHIPID_SM_SSC, chipid_sm_set_ssc(sm, part(ssc, 0, block - 1)));
        chipid_sm_free(sm);
    }
}

const test sm_tests[] = {
    {"appendix_d4", appendix_d4},
    {"aes_128_commands", aes_128_commands},
    {"all_lengths_pass_through", all_lengths_pass_through},
    {"protected_form_is_extended_only_when_needed", protected_form_is_extended_only_when_needed},
    {"extended_without_need_comes_back_short", extended_without_need_comes_back_short},
    {"longest_short_command", longest_short_command},
    {"odd_instructions_use_do85", odd_instructions_use_do85},
    {"no_bit_may_change", no_bit_may_change},
    {"no_octet_may_be_missing", no_octet_may_be_missing},
    {"objects_are_checked_although_the_mac_is_right", objects_are_checked_although_the_mac_is_right},
    {"order_and_number_of_objects", order_and_number_of_objects},
    {"padding_is_checked", padding_is_checked},
    {"mac_missing", mac_missing},
    {"nothing_behind_the_mac", nothing_behind_the_mac},
    {"plaintext_status_leaves_the_session", plaintext_status_leaves_the_session},
    {"plaintext_beside_a_status_closes", plaintext_beside_a_status_closes},
    {"closed_stays_closed", closed_stays_closed},
    {"wrong_counter", wrong_counter},
    {"counter_carries_and_ends", counter_carries_and_ends},
    {"protect_refuses_and_stays_open", protect_refuses_and_stays_open},
    {"chip_refuses", chip_refuses},
    {"cryptogram_form_follows_the_command", cryptogram_form_follows_the_command},
    {"sessions_need_fitting_keys", sessions_need_fitting_keys},
    {NULL, NULL},
};
