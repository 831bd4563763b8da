/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHIPID_MEM_H
#define CHIPID_MEM_H

#include "chipid_core.h"

/* The one way to read input: what is left of a view. Each read checks, and moves on only when it succeeds. */
typedef struct {
    const uint8_t *at;
    size_t left;
} cursor;

cursor cursor_over(chipid_bytes bytes);
bool cursor_octet(cursor *in, uint8_t *octet);
bool cursor_take(cursor *in, size_t size, chipid_bytes *taken);
/* Up to four octets, big-endian. */
bool cursor_number(cursor *in, size_t size, uint32_t *number);
/* The octets between where a cursor stood and where it stands now. */
chipid_bytes cursor_since(const cursor *start, const cursor *now);
/* The last size octets, off the end. */
bool cursor_take_last(cursor *in, size_t size, chipid_bytes *taken);

/* The one way to write output. */
void buffer_reset(chipid_buffer *out);
bool buffer_octet(chipid_buffer *out, uint8_t octet);
bool buffer_put(chipid_buffer *out, chipid_bytes bytes);
/* Room for size octets at the end, counted as written; NULL when there is none. */
uint8_t *buffer_claim(chipid_buffer *out, size_t size);
/* After a failure: nothing written so far stays. */
void buffer_discard(chipid_buffer *out);

chipid_bytes bytes_of(const void *data, size_t size);
/* A buffer over a local array, for results that stay inside. */
chipid_buffer buffer_over(void *data, size_t capacity);
/* Without leading zero octets. */
chipid_bytes bytes_stripped(chipid_bytes bytes);

#endif
