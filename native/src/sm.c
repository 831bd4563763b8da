/* SPDX-License-Identifier: Apache-2.0 */
/* Secure messaging, ICAO 9303-11 §9.8: the four messages, on the session of sm_session.c. */
#include <openssl/err.h>

#include "apdu.h"
#include "sm_objects.h"
#include "sm_session.h"

#define CLA_SM 0x0Cu      /* ISO 7816-4 §5.4.1: secure messaging, header authenticated */
#define CLA_FURTHER 0x60u /* set in class bytes that carry their secure-messaging bits elsewhere or not at all */
#define STATUS_SIZE 2u

typedef struct {
    uint8_t octets[HEADER_SIZE];
} header;

static header
header_of(const command_apdu *command)
{
    return (header){{command->cla, command->ins, command->p1, command->p2}};
}

static ins_parity
parity_of(const command_apdu *command)
{
    return (command->ins & 1u) != 0 ? INS_ODD : INS_EVEN;
}

/* The size of DO87 or DO85 for data that is not empty; 0 where there is none. */
static size_t
cryptogram_size(const chipid_sm *sm, size_t data_size, ins_parity parity)
{
    if (data_size == 0)
        return 0;
    return sm_object_size(sm_padded_size(sm, data_size) + (parity == INS_ODD ? 0 : 1));
}

static bool
put_cryptogram(chipid_sm *sm, chipid_bytes data, ins_parity parity, chipid_buffer *out)
{
    size_t size = sm_padded_size(sm, data.size);

    if (data.size == 0)
        return true;
    if (parity == INS_ODD)
        return sm_object_put_head(out, DO_CRYPTOGRAM_TLV, size) && sm_encrypt(sm, data, out);
    return sm_object_put_head(out, DO_CRYPTOGRAM, size + 1) && buffer_octet(out, PADDING_INDICATOR) && sm_encrypt(sm, data, out);
}

static bool
put_mac(chipid_sm *sm, chipid_bytes covered_header, chipid_bytes covered, chipid_buffer *out)
{
    uint8_t mac[CHIPID_CMAC_SIZE];

    return sm_mac(sm, covered_header, covered, mac) && sm_object_put(out, DO_MAC, bytes_of(mac, CHIPID_MAC_SIZE));
}

/* What from held before to now, without arithmetic at the caller's. */
static chipid_bytes
written_since(const chipid_buffer *out, size_t before)
{
    cursor in = cursor_over(bytes_of(out->data, out->size));
    chipid_bytes skipped;

    (void)cursor_take(&in, before, &skipped);
    return bytes_of(in.at, in.left);
}

/* The end of every protect: a session whose counter moved without a message is of no more use. */
static chipid_status
protected(chipid_sm *sm, chipid_status status, chipid_buffer *out)
{
    if (status != CHIPID_OK) {
        buffer_discard(out);
        chipid_sm_close(sm);
    }
    ERR_pop_to_mark();
    return status;
}

/* The end of every unprotect. */
static chipid_status
unprotected(chipid_sm *sm, chipid_status status, chipid_buffer *out)
{
    if (status != CHIPID_OK)
        buffer_discard(out);
    if (status != CHIPID_OK && status != CHIPID_SM_PLAINTEXT)
        chipid_sm_close(sm);
    ERR_pop_to_mark();
    return status;
}

/* Commands ---------------------------------------------------------------------------------------------------------------- */

/* §9.8.4. The protected command asks for all that the chip has: Le is 00 or 0000, the command's own stands in DO97. */
static chipid_status
write_command(chipid_sm *sm, const command_apdu *plain, size_t body_size, chipid_buffer *out)
{
    const uint8_t le[2] = {0, 0};
    const bool extended = plain->extended || body_size > SHORT_LC_MAX;
    command_apdu masked = *plain;
    header h;
    size_t body;

    masked.cla |= CLA_SM;
    h = header_of(&masked);
    if (!sm_count(sm))
        return CHIPID_SM_SSC;
    if (!command_put_header(out, &masked) || !command_put_lc(out, body_size, extended))
        return CHIPID_CAPACITY;
    body = out->size;
    if (!put_cryptogram(sm, plain->data, parity_of(plain), out))
        return CHIPID_CRYPTO;
    if (plain->le.size > 0 && !sm_object_put(out, DO_LE, plain->le))
        return CHIPID_CAPACITY;
    if (!put_mac(sm, bytes_of(h.octets, sizeof h.octets), written_since(out, body), out))
        return CHIPID_CRYPTO;
    return buffer_put(out, bytes_of(le, extended ? 2 : 1)) ? CHIPID_OK : CHIPID_CAPACITY;
}

chipid_status
chipid_sm_protect_command(chipid_sm *sm, chipid_bytes apdu, chipid_buffer *out)
{
    command_apdu plain;
    size_t body_size;

    buffer_reset(out);
    if (sm->closed)
        return CHIPID_SM_CLOSED;
    if (!command_read(apdu, &plain) || (plain.cla & (CLA_SM | CLA_FURTHER)) != 0)
        return CHIPID_SM_MALFORMED;
    body_size = cryptogram_size(sm, plain.data.size, parity_of(&plain)) + sm_object_size(CHIPID_MAC_SIZE);
    if (plain.le.size > 0)
        body_size += sm_object_size(plain.le.size);
    if (body_size > EXTENDED_LC_MAX)
        return CHIPID_SM_LENGTH;
    if (out->capacity < apdu.size + CHIPID_SM_OVERHEAD)
        return CHIPID_CAPACITY;
    ERR_set_mark();
    sm->parity = parity_of(&plain);
    return protected(sm, write_command(sm, &plain, body_size, out), out);
}

/* The Le of the plain command in the form of its other length field; 00 stands for 256, which the extended form writes 0100. */
static bool
put_le(chipid_buffer *out, chipid_bytes le, bool extended)
{
    if (!extended || le.size != 1)
        return buffer_put(out, le);
    return buffer_octet(out, *le.data == 0 ? 1 : 0) && buffer_put(out, le);
}

/* The plain command, extended only where its data or its Le needs that. */
static bool
write_plain_command(const command_apdu *plain, chipid_buffer *out)
{
    const bool extended = plain->le.size == 2 || plain->data.size > SHORT_LC_MAX;

    if (!command_put_header(out, plain))
        return false;
    if (plain->data.size > 0 && (!command_put_lc(out, plain->data.size, extended) || !buffer_put(out, plain->data)))
        return false;
    if (plain->le.size == 0)
        return true;
    if (extended && plain->data.size == 0 && !buffer_octet(out, 0))
        return false;
    return put_le(out, plain->le, extended);
}

/* What a terminal must have sent around the objects. */
static chipid_status
check_frame(const command_apdu *outer)
{
    static const uint8_t all[2] = {0, 0};

    if ((outer->cla & CLA_SM) == 0)
        return CHIPID_SM_PLAINTEXT;
    if ((outer->cla & (CLA_SM | CLA_FURTHER)) != CLA_SM)
        return CHIPID_SM_MALFORMED;
    return chipid_equal(outer->le, bytes_of(all, outer->extended ? 2 : 1)) ? CHIPID_OK : CHIPID_SM_MALFORMED;
}

static chipid_status
read_command(chipid_sm *sm, chipid_bytes apdu, chipid_buffer *data, chipid_buffer *out)
{
    chipid_status status;
    command_apdu outer, plain;
    sm_objects objects;
    header h;

    if (!sm_count(sm))
        return CHIPID_SM_SSC;
    if (!command_read(apdu, &outer))
        return CHIPID_SM_MALFORMED;
    if ((status = check_frame(&outer)) != CHIPID_OK)
        return status;
    if ((status = sm_objects_read(outer.data, DO_LE, sm->block, &objects)) != CHIPID_OK)
        return status;
    if (objects.mac.size == 0)
        return CHIPID_SM_MAC_MISSING;
    if (objects.cryptogram_tag != 0 && (objects.cryptogram_tag == DO_CRYPTOGRAM_TLV) != (parity_of(&outer) == INS_ODD))
        return CHIPID_SM_MALFORMED;
    h = header_of(&outer);
    if ((status = sm_mac_check(sm, bytes_of(h.octets, sizeof h.octets), objects.covered, objects.mac)) != CHIPID_OK)
        return status;
    if (objects.cryptogram_tag != 0 && (status = sm_decrypt(sm, objects.ciphertext, data)) != CHIPID_OK)
        return status;
    sm->parity = parity_of(&outer);
    plain = outer;
    plain.cla &= (uint8_t)~CLA_SM;
    plain.data = bytes_of(data->data, data->size);
    plain.le = objects.middle;
    return write_plain_command(&plain, out) ? CHIPID_OK : CHIPID_CAPACITY;
}

chipid_status
chipid_sm_unprotect_command(chipid_sm *sm, chipid_bytes apdu, chipid_buffer *out)
{
    chipid_status status;
    chipid_buffer data;

    buffer_reset(out);
    if (sm->closed)
        return CHIPID_SM_CLOSED;
    ERR_set_mark();
    data = buffer_over(chipid_secret_new(apdu.size), apdu.size);
    status = data.data == NULL ? CHIPID_MEMORY : read_command(sm, apdu, &data, out);
    if (status == CHIPID_SM_PLAINTEXT)
        chipid_sm_close(sm); /* a command in the clear ends the session (§9.8.3); only a response may leave it open */
    chipid_secret_free(data.data, data.capacity);
    return unprotected(sm, status, out);
}

/* Responses --------------------------------------------------------------------------------------------------------------- */

static chipid_status
write_response(chipid_sm *sm, chipid_bytes data, chipid_bytes sw, chipid_buffer *out)
{
    if (!sm_count(sm))
        return CHIPID_SM_SSC;
    if (!put_cryptogram(sm, data, sm->parity, out))
        return CHIPID_CRYPTO;
    if (!sm_object_put(out, DO_STATUS, sw))
        return CHIPID_CAPACITY;
    if (!put_mac(sm, bytes_of(NULL, 0), bytes_of(out->data, out->size), out))
        return CHIPID_CRYPTO;
    return buffer_put(out, sw) ? CHIPID_OK : CHIPID_CAPACITY;
}

chipid_status
chipid_sm_protect_response(chipid_sm *sm, chipid_bytes response, chipid_buffer *out)
{
    cursor in = cursor_over(response);
    chipid_bytes sw;

    buffer_reset(out);
    if (sm->closed)
        return CHIPID_SM_CLOSED;
    if (!cursor_take_last(&in, STATUS_SIZE, &sw))
        return CHIPID_SM_MALFORMED;
    if (in.left > RESPONSE_DATA_MAX)
        return CHIPID_SM_LENGTH;
    if (out->capacity < response.size + CHIPID_SM_OVERHEAD)
        return CHIPID_CAPACITY;
    ERR_set_mark();
    return protected(sm, write_response(sm, bytes_of(in.at, in.left), sw, out), out);
}

/*
 * §9.8.5. After a command with an even INS the cryptogram is DO87. After an odd one it is DO85, and DO87 is taken too: its padding
 * indicator says the same, the MAC covers the tag, and chips exist that always write DO87.
 */
static bool
cryptogram_fits(const chipid_sm *sm, uint32_t tag)
{
    return tag != DO_CRYPTOGRAM_TLV || sm->parity != INS_EVEN;
}

static chipid_status
read_response(chipid_sm *sm, chipid_bytes response, chipid_buffer *out)
{
    cursor in = cursor_over(response);
    chipid_status status;
    sm_objects objects;
    chipid_bytes sw;

    if (!sm_count(sm))
        return CHIPID_SM_SSC;
    if (!cursor_take_last(&in, STATUS_SIZE, &sw))
        return CHIPID_SM_MALFORMED;
    if (in.left == 0)
        return CHIPID_SM_PLAINTEXT;
    if ((status = sm_objects_read(bytes_of(in.at, in.left), DO_STATUS, sm->block, &objects)) != CHIPID_OK)
        return status;
    if (objects.mac.size == 0)
        return CHIPID_SM_MAC_MISSING;
    if (objects.middle.size == 0)
        return CHIPID_SM_STATUS_MISSING;
    if (!cryptogram_fits(sm, objects.cryptogram_tag))
        return CHIPID_SM_MALFORMED;
    if ((status = sm_mac_check(sm, bytes_of(NULL, 0), objects.covered, objects.mac)) != CHIPID_OK)
        return status;
    if (!chipid_equal(objects.middle, sw))
        return CHIPID_SM_STATUS_DIFFERS;
    if (objects.cryptogram_tag != 0 && (status = sm_decrypt(sm, objects.ciphertext, out)) != CHIPID_OK)
        return status;
    return buffer_put(out, sw) ? CHIPID_OK : CHIPID_CAPACITY;
}

chipid_status
chipid_sm_unprotect_response(chipid_sm *sm, chipid_bytes response, chipid_buffer *out)
{
    buffer_reset(out);
    if (sm->closed)
        return CHIPID_SM_CLOSED;
    ERR_set_mark();
    return unprotected(sm, read_response(sm, response, out), out);
}
