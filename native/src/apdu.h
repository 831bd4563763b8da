/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHIPID_APDU_H
#define CHIPID_APDU_H

#include "mem.h"

#define HEADER_SIZE 4u
#define SHORT_LC_MAX 255u
#define EXTENDED_LC_MAX 65535u
#define RESPONSE_DATA_MAX 65536u

/* A command APDU by its parts (ISO 7816-4 §5.2). */
typedef struct {
    uint8_t cla, ins, p1, p2;
    chipid_bytes data; /* may be empty */
    chipid_bytes le;   /* the Le field's own octets: 0, 1 (short) or 2 (extended) */
    bool extended;
} command_apdu;

/* All seven cases, and nothing beside them. */
bool command_read(chipid_bytes octets, command_apdu *command);
bool command_put_header(chipid_buffer *out, const command_apdu *command);
bool command_put_lc(chipid_buffer *out, size_t lc, bool extended);

#endif
