/* SPDX-License-Identifier: Apache-2.0 */
#include "tlv.h"

#define CONSTRUCTED 0x20u
#define MANY_OCTETS 0x1Fu /* low bits of a tag that goes on in the next octet */
#define MORE 0x80u
#define INDEFINITE 0x80u

typedef struct {
    uint32_t tag;
    size_t length;
    bool indefinite;
    bool end_of_contents;
} head;

/* ISO 7816-4 §5.2.2.1. Tag numbers below 31 in the long form exist in Doc 9303 (5F0E, 5F10): the form is not checked further. */
static chipid_status
read_tag(cursor *in, uint32_t *tag, bool *constructed)
{
    uint8_t octet;

    if (!cursor_octet(in, &octet))
        return CHIPID_TLV_TRUNCATED;
    *tag = octet;
    *constructed = (octet & CONSTRUCTED) != 0;
    if ((octet & MANY_OCTETS) != MANY_OCTETS)
        return CHIPID_OK;
    for (int i = 1; i < 4; i++) {
        if (!cursor_octet(in, &octet))
            return CHIPID_TLV_TRUNCATED;
        if (i == 1 && octet == MORE)
            return CHIPID_TLV_TAG; /* a tag number with a leading zero */
        *tag = *tag << 8 | octet;
        if ((octet & MORE) == 0)
            return CHIPID_OK;
    }
    return CHIPID_TLV_TAG;
}

static chipid_status
read_head(cursor *in, head *h)
{
    chipid_status status;
    bool constructed;
    uint8_t octet;
    uint32_t length;

    *h = (head){0};
    if ((status = read_tag(in, &h->tag, &constructed)) != CHIPID_OK)
        return status;
    if (!cursor_octet(in, &octet))
        return CHIPID_TLV_TRUNCATED;
    if (h->tag == 0) {
        h->end_of_contents = true;
        return octet == 0 ? CHIPID_OK : CHIPID_TLV_TAG;
    }
    if (octet == INDEFINITE) {
        h->indefinite = true;
        return constructed ? CHIPID_OK : CHIPID_TLV_LENGTH;
    }
    if (octet < INDEFINITE) {
        h->length = octet;
        return CHIPID_OK;
    }
    if ((octet & 0x7Fu) > 4)
        return CHIPID_TLV_LENGTH;
    if (!cursor_number(in, octet & 0x7Fu, &length))
        return CHIPID_TLV_TRUNCATED;
    h->length = length;
    return CHIPID_OK;
}

chipid_status
tlv_next(cursor *in, uint32_t *tag, chipid_bytes *value)
{
    chipid_status status;
    head h;

    if ((status = read_head(in, &h)) != CHIPID_OK)
        return status;
    if (h.indefinite || h.end_of_contents)
        return CHIPID_TLV_LENGTH;
    *tag = h.tag;
    return cursor_take(in, h.length, value) ? CHIPID_OK : CHIPID_TLV_TRUNCATED;
}

/*
 * From inside an indefinite-length value to behind its end-of-contents octets. Definite elements are stepped over whole, so the depth
 * is a count and the work is linear.
 */
static chipid_status
skip_contents(cursor *in, cursor *value_end, cursor *fault)
{
    unsigned depth = 1;

    while (depth > 0) {
        chipid_status status;
        chipid_bytes skipped;
        head h;

        *fault = *value_end = *in;
        if ((status = read_head(in, &h)) != CHIPID_OK)
            return status;
        if (h.end_of_contents)
            depth--;
        else if (h.indefinite && ++depth > CHIPID_TLV_DEPTH_MAX)
            return CHIPID_TLV_DEPTH;
        else if (!h.indefinite && !cursor_take(in, h.length, &skipped))
            return CHIPID_TLV_TRUNCATED;
    }
    return CHIPID_OK;
}

chipid_status
chipid_tlv_read(chipid_bytes data, size_t offset, size_t end, chipid_tlv *tlv, size_t *where)
{
    chipid_status status;
    cursor in, value_end, fault;
    chipid_bytes skipped, value;
    head h;

    *where = offset;
    if (end > data.size)
        return CHIPID_TLV_TRUNCATED;
    in = cursor_over(bytes_of(data.data, end));
    if (!cursor_take(&in, offset, &skipped))
        return CHIPID_TLV_TRUNCATED;
    if ((status = read_head(&in, &h)) != CHIPID_OK)
        return status;
    if (h.end_of_contents)
        return CHIPID_TLV_TAG; /* there is nothing open that it could end */
    tlv->tag = h.tag;
    tlv->value_start = end - in.left;
    if (h.indefinite) {
        if ((status = skip_contents(&in, &value_end, &fault)) != CHIPID_OK) {
            *where = end - fault.left;
            return status;
        }
        tlv->value_end = end - value_end.left;
    } else {
        if (!cursor_take(&in, h.length, &value))
            return CHIPID_TLV_TRUNCATED;
        tlv->value_end = end - in.left;
    }
    tlv->next = end - in.left;
    return CHIPID_OK;
}
