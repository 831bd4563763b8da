/* SPDX-License-Identifier: Apache-2.0 */
/* Walks hostile octets as a sequence of TLVs, down into the constructed ones. */
#include "fuzz.h"

static void
walk(chipid_bytes data, size_t start, size_t end, unsigned depth)
{
    size_t at = start;

    while (at < end) {
        chipid_tlv tlv;
        size_t where;

        if (chipid_tlv_read(data, at, end, &tlv, &where) != CHIPID_OK) {
            MUST(at <= where && where <= end);
            return;
        }
        MUST(at < tlv.value_start && tlv.value_start <= tlv.value_end && tlv.value_end <= tlv.next && tlv.next <= end);
        MUST(tlv.next - tlv.value_end == 0 || tlv.next - tlv.value_end == 2);
        if (depth < 8)
            walk(data, tlv.value_start, tlv.value_end, depth + 1);
        at = tlv.next;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    walk((chipid_bytes){data, size}, 0, size, 0);
    return 0;
}
