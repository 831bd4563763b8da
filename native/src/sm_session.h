/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHIPID_SM_SESSION_H
#define CHIPID_SM_SESSION_H

#include "cbc_mac.h"

typedef enum { INS_UNKNOWN, INS_EVEN, INS_ODD } ins_parity;

struct chipid_sm {
    chipid_core *core;
    chipid_cipher cipher;
    size_t block;
    bool closed;
    ins_parity parity; /* of the last command: it decides between DO85 and DO87 in the response */
    uint8_t ssc[CHIPID_BLOCK_MAX];
    /* Keyed once for the session. */
    EVP_CIPHER_CTX *encrypt, *decrypt, *ecb;
    retail_mac retail; /* 3DES */
    aes_cmac cmac;     /* AES */
};

bool sm_keys_set(chipid_sm *sm, chipid_bytes ks_enc, chipid_bytes ks_mac);
void sm_keys_clear(chipid_sm *sm);

/* §9.8.2: false where the counter would start again at zero. */
bool sm_count(chipid_sm *sm);
size_t sm_padded_size(const chipid_sm *sm, size_t size);
/* Padding method 2 and CBC; sm_padded_size octets go to out. */
bool sm_encrypt(chipid_sm *sm, chipid_bytes data, chipid_buffer *out);
/* The reverse, into out; only for what has passed sm_mac_check. */
chipid_status sm_decrypt(chipid_sm *sm, chipid_bytes ciphertext, chipid_buffer *out);
/* Over SSC, header (padded; size 0 in responses) and objects (padded where there are any). */
bool sm_mac(chipid_sm *sm, chipid_bytes header, chipid_bytes objects, uint8_t mac[CHIPID_CMAC_SIZE]);
chipid_status sm_mac_check(chipid_sm *sm, chipid_bytes header, chipid_bytes objects, chipid_bytes expected);

#endif
