/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHIPID_SM_OBJECTS_H
#define CHIPID_SM_OBJECTS_H

#include "mem.h"

/* The data objects of ICAO 9303-11 §9.8.4 and §9.8.5. */
enum {
    DO_CRYPTOGRAM_TLV = 0x85, /* ciphertext alone: odd INS */
    DO_CRYPTOGRAM = 0x87,     /* padding-content indicator and ciphertext: even INS */
    DO_MAC = 0x8E,
    DO_LE = 0x97,
    DO_STATUS = 0x99
};

#define PADDING_INDICATOR 0x01u

typedef struct {
    uint32_t cryptogram_tag; /* 0: no cryptogram */
    chipid_bytes ciphertext;
    chipid_bytes middle;  /* value of DO97 or DO99; size 0: absent */
    chipid_bytes mac;     /* size 0: absent */
    chipid_bytes covered; /* all that stands before the MAC, as received */
} sm_objects;

/*
 * [DO87 or DO85] [middle_tag] [DO8E], each at most once, in this order, and nothing else: CHIPID_SM_MALFORMED otherwise. Absence is for
 * the caller to judge.
 */
chipid_status sm_objects_read(chipid_bytes body, uint32_t middle_tag, size_t block, sm_objects *objects);

size_t sm_object_size(size_t value_size);
bool sm_object_put_head(chipid_buffer *out, uint8_t tag, size_t value_size);
bool sm_object_put(chipid_buffer *out, uint8_t tag, chipid_bytes value);

#endif
