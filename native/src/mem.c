/* SPDX-License-Identifier: Apache-2.0 */
#include "mem.h"

#include <string.h>

#include <openssl/crypto.h>

void *
chipid_secret_new(size_t size)
{
    return OPENSSL_zalloc(size > 0 ? size : 1);
}

void
chipid_secret_free(void *secret, size_t size)
{
    OPENSSL_clear_free(secret, size);
}

void
chipid_wipe(void *data, size_t size)
{
    if (size > 0)
        OPENSSL_cleanse(data, size);
}

bool
chipid_equal(chipid_bytes a, chipid_bytes b)
{
    if (a.size != b.size)
        return false;
    return a.size == 0 || CRYPTO_memcmp(a.data, b.data, a.size) == 0;
}

cursor
cursor_over(chipid_bytes bytes)
{
    return (cursor){bytes.data, bytes.size};
}

bool
cursor_take(cursor *in, size_t size, chipid_bytes *taken)
{
    if (size > in->left)
        return false;
    *taken = bytes_of(in->at, size);
    if (size > 0)
        in->at += size; /* at may be NULL where nothing is left */
    in->left -= size;
    return true;
}

bool
cursor_take_last(cursor *in, size_t size, chipid_bytes *taken)
{
    cursor tail = *in;
    chipid_bytes head;

    if (size > in->left || !cursor_take(&tail, in->left - size, &head))
        return false;
    *taken = bytes_of(tail.at, tail.left);
    in->left -= size;
    return true;
}

bool
cursor_octet(cursor *in, uint8_t *octet)
{
    chipid_bytes one;

    if (!cursor_take(in, 1, &one))
        return false;
    *octet = *one.data;
    return true;
}

bool
cursor_number(cursor *in, size_t size, uint32_t *number)
{
    uint32_t value = 0;

    if (size > 4 || size > in->left)
        return false;
    for (; size > 0; size--) {
        uint8_t octet = 0;
        if (!cursor_octet(in, &octet))
            return false;
        value = value << 8 | octet;
    }
    *number = value;
    return true;
}

chipid_bytes
cursor_since(const cursor *start, const cursor *now)
{
    return bytes_of(start->at, start->left - now->left);
}

void
buffer_reset(chipid_buffer *out)
{
    out->size = 0;
}

uint8_t *
buffer_claim(chipid_buffer *out, size_t size)
{
    uint8_t *room;

    if (size > out->capacity - out->size)
        return NULL;
    room = out->data + out->size;
    out->size += size;
    return room;
}

bool
buffer_put(chipid_buffer *out, chipid_bytes bytes)
{
    uint8_t *room = buffer_claim(out, bytes.size);

    if (room == NULL)
        return false;
    if (bytes.size > 0)
        memcpy(room, bytes.data, bytes.size);
    return true;
}

bool
buffer_octet(chipid_buffer *out, uint8_t octet)
{
    return buffer_put(out, bytes_of(&octet, 1));
}

void
buffer_discard(chipid_buffer *out)
{
    chipid_wipe(out->data, out->size);
    out->size = 0;
}

chipid_bytes
bytes_of(const void *data, size_t size)
{
    return (chipid_bytes){data, size};
}

chipid_buffer
buffer_over(void *data, size_t capacity)
{
    return (chipid_buffer){data, capacity, 0};
}

chipid_bytes
bytes_stripped(chipid_bytes bytes)
{
    cursor in = cursor_over(bytes);
    chipid_bytes zero;

    while (in.left > 0 && *in.at == 0)
        (void)cursor_take(&in, 1, &zero);
    return bytes_of(in.at, in.left);
}
