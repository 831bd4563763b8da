/* SPDX-License-Identifier: Apache-2.0 */
#include "sm_objects.h"

#include "tlv.h"

enum { STAGE_CRYPTOGRAM = 1, STAGE_MIDDLE, STAGE_MAC, STAGE_NONE };

static int
stage_of(uint32_t tag, uint32_t middle_tag)
{
    if (tag == DO_CRYPTOGRAM || tag == DO_CRYPTOGRAM_TLV)
        return STAGE_CRYPTOGRAM;
    if (tag == middle_tag)
        return STAGE_MIDDLE;
    return tag == DO_MAC ? STAGE_MAC : STAGE_NONE;
}

static bool
read_cryptogram(chipid_bytes value, uint32_t tag, size_t block, sm_objects *objects)
{
    cursor in = cursor_over(value);
    uint8_t indicator = 0;

    if (tag == DO_CRYPTOGRAM && (!cursor_octet(&in, &indicator) || indicator != PADDING_INDICATOR))
        return false;
    if (in.left == 0 || in.left % block != 0)
        return false;
    objects->cryptogram_tag = tag;
    return cursor_take(&in, in.left, &objects->ciphertext);
}

/* DO97 has one octet or two (extended Le), DO99 the two of a status word. */
static bool
read_middle(chipid_bytes value, uint32_t tag, sm_objects *objects)
{
    objects->middle = value;
    return value.size == 2 || (tag == DO_LE && value.size == 1);
}

chipid_status
sm_objects_read(chipid_bytes body, uint32_t middle_tag, size_t block, sm_objects *objects)
{
    cursor in = cursor_over(body);
    const cursor start = in;
    int reached = 0;

    *objects = (sm_objects){0};
    while (in.left > 0) {
        const cursor before = in;
        chipid_bytes value;
        uint32_t tag;
        bool good;
        int stage;

        if (tlv_next(&in, &tag, &value) != CHIPID_OK)
            return CHIPID_SM_MALFORMED;
        stage = stage_of(tag, middle_tag);
        if (stage == STAGE_NONE || stage <= reached)
            return CHIPID_SM_MALFORMED; /* unknown, out of order, or twice */
        reached = stage;
        if (stage == STAGE_CRYPTOGRAM) {
            good = read_cryptogram(value, tag, block, objects);
        } else if (stage == STAGE_MIDDLE) {
            good = read_middle(value, tag, objects);
        } else {
            objects->mac = value;
            objects->covered = cursor_since(&start, &before);
            good = value.size == CHIPID_MAC_SIZE;
        }
        if (!good)
            return CHIPID_SM_MALFORMED;
    }
    return CHIPID_OK;
}

static size_t
octets_of(size_t number)
{
    size_t count = 1;

    while (number > 0xFF) {
        number >>= 8;
        count++;
    }
    return count;
}

size_t
sm_object_size(size_t value_size)
{
    return 2 + (value_size < 0x80 ? 0 : octets_of(value_size)) + value_size;
}

bool
sm_object_put_head(chipid_buffer *out, uint8_t tag, size_t value_size)
{
    size_t count = octets_of(value_size);

    if (!buffer_octet(out, tag))
        return false;
    if (value_size < 0x80)
        return buffer_octet(out, (uint8_t)value_size);
    if (!buffer_octet(out, (uint8_t)(0x80 | count)))
        return false;
    while (count-- > 0) {
        if (!buffer_octet(out, (uint8_t)(value_size >> (8 * count))))
            return false;
    }
    return true;
}

bool
sm_object_put(chipid_buffer *out, uint8_t tag, chipid_bytes value)
{
    return sm_object_put_head(out, tag, value.size) && buffer_put(out, value);
}
