/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHIPID_TLV_H
#define CHIPID_TLV_H

#include "mem.h"

/* The element of definite length at the cursor, which moves behind it. */
chipid_status tlv_next(cursor *in, uint32_t *tag, chipid_bytes *value);

#endif
