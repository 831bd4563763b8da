/* SPDX-License-Identifier: Apache-2.0 */
#include "apdu.h"

/* Behind Lc: the data and, where an Le field of le_size octets follows, that. */
static bool
read_data(cursor *in, size_t lc, size_t le_size, command_apdu *command)
{
    if (lc == 0 || !cursor_take(in, lc, &command->data))
        return false;
    if (in->left != 0 && in->left != le_size)
        return false;
    return cursor_take(in, in->left, &command->le);
}

bool
command_read(chipid_bytes octets, command_apdu *command)
{
    cursor in = cursor_over(octets), first;
    uint8_t octet;
    uint32_t lc;

    *command = (command_apdu){0};
    if (!cursor_octet(&in, &command->cla) || !cursor_octet(&in, &command->ins) || !cursor_octet(&in, &command->p1) ||
        !cursor_octet(&in, &command->p2))
        return false;
    if (in.left <= 1)
        return cursor_take(&in, in.left, &command->le);
    first = in;
    if (!cursor_octet(&in, &octet))
        return false;
    if (octet != 0)
        return read_data(&in, octet, 1, command);
    command->extended = true;
    if (first.left == 3)
        return cursor_take(&in, 2, &command->le);
    return cursor_number(&in, 2, &lc) && read_data(&in, lc, 2, command);
}

bool
command_put_header(chipid_buffer *out, const command_apdu *command)
{
    const uint8_t header[HEADER_SIZE] = {command->cla, command->ins, command->p1, command->p2};

    return buffer_put(out, bytes_of(header, sizeof header));
}

bool
command_put_lc(chipid_buffer *out, size_t lc, bool extended)
{
    if (lc > (extended ? EXTENDED_LC_MAX : SHORT_LC_MAX))
        return false;
    if (!extended)
        return buffer_octet(out, (uint8_t)lc);
    return buffer_octet(out, 0) && buffer_octet(out, (uint8_t)(lc >> 8)) && buffer_octet(out, (uint8_t)lc);
}
