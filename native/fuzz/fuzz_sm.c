/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First octet: bits 0-1 the cipher, bits 2-3 the job. Jobs 0 and 1 give the rest to unprotect_response and unprotect_command; job 2 seals
 * the rest as a response's objects with a right MAC, so that what lies behind the MAC check is reached; job 3 takes the rest as a plain
 * command through both ends.
 */
#include "fuzz.h"

#include "../src/sm_session.h"

static chipid_core *core;
static const uint8_t key[CHIPID_KEY_MAX] = "0123456789abcdefFEDCBA987654321";
static const uint8_t zero[CHIPID_BLOCK_MAX];

static chipid_sm *
session(chipid_cipher cipher)
{
    chipid_bytes both = {key, chipid_cipher_key_size(cipher)};
    chipid_sm *sm;

    MUST(chipid_sm_new(core, cipher, both, both, (chipid_bytes){zero, chipid_cipher_block_size(cipher)}, &sm) == CHIPID_OK);
    return sm;
}

static chipid_buffer
room(size_t size)
{
    chipid_buffer out = {malloc(size + CHIPID_SM_OVERHEAD), size + CHIPID_SM_OVERHEAD, 0};

    MUST(out.data != NULL);
    return out;
}

typedef chipid_status (*message)(chipid_sm *, chipid_bytes, chipid_buffer *);

/* Whether or not it is accepted, the session is as its answer says. */
static void
unprotect(chipid_cipher cipher, message function, chipid_bytes in)
{
    chipid_sm *sm = session(cipher);
    chipid_buffer out = room(in.size);
    chipid_status status = function(sm, in, &out);

    if (status == CHIPID_OK)
        MUST(!chipid_sm_closed(sm) && out.size >= 2 && out.size <= in.size);
    else if (status == CHIPID_SM_PLAINTEXT && function == chipid_sm_unprotect_response)
        MUST(!chipid_sm_closed(sm) && out.size == 0 && in.size == 2);
    else
        MUST(chipid_sm_closed(sm) && out.size == 0);
    free(out.data);
    chipid_sm_free(sm);
}

/* objects, the MAC that belongs to them, and the last two octets of objects as the status word. */
static void
sealed(chipid_cipher cipher, chipid_bytes objects)
{
    chipid_buffer wire = room(objects.size);
    uint8_t mac[CHIPID_CMAC_SIZE];
    chipid_sm *maker = session(cipher);

    MUST(sm_count(maker) && sm_mac(maker, (chipid_bytes){NULL, 0}, objects, mac));
    if (objects.size > 0)
        memcpy(wire.data, objects.data, objects.size);
    memcpy(wire.data + objects.size, "\x8E\x08", 2);
    memcpy(wire.data + objects.size + 2, mac, 8);
    memcpy(wire.data + objects.size + 10, "\x90\x00", 2);
    unprotect(cipher, chipid_sm_unprotect_response, (chipid_bytes){wire.data, objects.size + 12});
    free(wire.data);
    chipid_sm_free(maker);
}

static void
both_ends(chipid_cipher cipher, chipid_bytes plain)
{
    chipid_sm *terminal = session(cipher), *chip = session(cipher);
    chipid_buffer wire = room(plain.size), back = room(plain.size + CHIPID_SM_OVERHEAD);

    if (chipid_sm_protect_command(terminal, plain, &wire) == CHIPID_OK) {
        MUST(chipid_sm_unprotect_command(chip, (chipid_bytes){wire.data, wire.size}, &back) == CHIPID_OK);
        /* The same octets, save that length fields which need not be extended come back short. */
        MUST(back.size <= plain.size && memcmp(back.data, plain.data, 4) == 0);
        MUST(back.size < plain.size || memcmp(back.data, plain.data, plain.size) == 0);
    }
    free(wire.data);
    free(back.data);
    chipid_sm_free(terminal);
    chipid_sm_free(chip);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    chipid_cipher cipher;
    chipid_bytes rest;

    if (core == NULL)
        MUST(chipid_core_new(&core) == CHIPID_OK);
    if (size == 0)
        return 0;
    rest = (chipid_bytes){data + 1, size - 1};
    cipher = (chipid_cipher)(data[0] & 3);
    switch (data[0] >> 2 & 3) {
    case 0:
        unprotect(cipher, chipid_sm_unprotect_response, rest);
        break;
    case 1:
        unprotect(cipher, chipid_sm_unprotect_command, rest);
        break;
    case 2:
        sealed(cipher, rest);
        break;
    default:
        both_ends(cipher, rest);
    }
    return 0;
}
