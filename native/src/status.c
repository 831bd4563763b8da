/* SPDX-License-Identifier: Apache-2.0 */
#include "chipid_core.h"

static const char *const names[CHIPID_STATUS_COUNT] = {
    [CHIPID_OK] = "ok",
    [CHIPID_MEMORY] = "memory",
    [CHIPID_CRYPTO] = "crypto",
    [CHIPID_CAPACITY] = "capacity",
    [CHIPID_ARGUMENT] = "argument",
    [CHIPID_LENGTH] = "length",
    [CHIPID_TLV_TRUNCATED] = "tlv-truncated",
    [CHIPID_TLV_TAG] = "tlv-tag",
    [CHIPID_TLV_LENGTH] = "tlv-length",
    [CHIPID_TLV_DEPTH] = "tlv-depth",
    [CHIPID_CIPHER_UNKNOWN] = "cipher-unknown",
    [CHIPID_CIPHER_KEY] = "cipher-key",
    [CHIPID_CIPHER_IV] = "cipher-iv",
    [CHIPID_CIPHER_BLOCK] = "cipher-block",
    [CHIPID_KDF_SECRET] = "kdf-secret",
    [CHIPID_KDF_COUNTER] = "kdf-counter",
    [CHIPID_HASH_UNKNOWN] = "hash-unknown",
    [CHIPID_HASH_LENGTH] = "hash-length",
    [CHIPID_SM_MAC] = "sm-mac",
    [CHIPID_SM_MAC_MISSING] = "sm-mac-missing",
    [CHIPID_SM_STATUS_MISSING] = "sm-status-missing",
    [CHIPID_SM_STATUS_DIFFERS] = "sm-status-differs",
    [CHIPID_SM_PLAINTEXT] = "sm-plaintext",
    [CHIPID_SM_PADDING] = "sm-padding",
    [CHIPID_SM_MALFORMED] = "sm-malformed",
    [CHIPID_SM_LENGTH] = "sm-length",
    [CHIPID_SM_CLOSED] = "sm-closed",
    [CHIPID_SM_SSC] = "sm-ssc",
    [CHIPID_EC_UNKNOWN_CURVE] = "ec-unknown-curve",
    [CHIPID_EC_POINT] = "ec-point",
    [CHIPID_EC_INFINITY] = "ec-infinity",
    [CHIPID_EC_PRIVATE] = "ec-private",
    [CHIPID_EC_MAPPED] = "ec-mapped",
    [CHIPID_EC_INTEGRATED] = "ec-integrated",
    [CHIPID_DH_PARAMETERS] = "dh-parameters",
    [CHIPID_DH_ELEMENT] = "dh-element",
    [CHIPID_DH_PRIVATE] = "dh-private",
    [CHIPID_DH_MAPPED] = "dh-mapped",
    [CHIPID_RSA_KEY] = "rsa-key",
    [CHIPID_RSA_RANGE] = "rsa-range",
};

const char *
chipid_status_name(chipid_status status)
{
    if ((unsigned)status >= CHIPID_STATUS_COUNT)
        return "unknown";
    return names[status];
}
