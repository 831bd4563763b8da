/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHIPID_CBC_MAC_H
#define CHIPID_CBC_MAC_H

#include "cipher.h"

#define CBC_MAC_HELD 512u /* a READ BINARY response in one call of libcrypto */

/*
 * The chain that both MACs share: CBC encryption under a zero IV of which only the last block counts. What has been fed is held back
 * until more comes, since each MAC treats the last block in its own way.
 */
typedef struct {
    EVP_CIPHER_CTX *ctx;
    size_t block;
    size_t used;
    uint8_t held[CBC_MAC_HELD];
    uint8_t chain[CHIPID_BLOCK_MAX]; /* ciphertext of the last block encrypted */
} cbc_mac;

bool cbc_mac_start(cbc_mac *mac);
bool cbc_mac_feed(cbc_mac *mac, chipid_bytes data);
/* Padding method 2 of ISO 9797-1: 80, then zeros up to a whole block. */
bool cbc_mac_pad(cbc_mac *mac);
/* Encrypts all that is held but the last block, which may be partial; *last is that block inside held, *size its octets. */
bool cbc_mac_leave_last(cbc_mac *mac, uint8_t **last, size_t *size);
void cbc_mac_clear(cbc_mac *mac);

/* ISO 9797-1 MAC algorithm 3 with DES. */
typedef struct {
    cbc_mac cbc;          /* DES under Ka */
    EVP_CIPHER_CTX *last; /* Ka, Kb, Ka */
} retail_mac;

bool retail_mac_init(retail_mac *mac, const chipid_core *core, chipid_bytes key);
bool retail_mac_start(retail_mac *mac);
/* What was fed must be whole blocks, one at least. */
bool retail_mac_finish(retail_mac *mac, uint8_t out[CHIPID_MAC_SIZE]);
void retail_mac_clear(retail_mac *mac);

/* AES-CMAC. */
typedef struct {
    cbc_mac cbc;
    uint8_t k1[CHIPID_BLOCK_MAX], k2[CHIPID_BLOCK_MAX];
} aes_cmac;

bool aes_cmac_init(aes_cmac *mac, const chipid_core *core, chipid_cipher cipher, chipid_bytes key);
bool aes_cmac_start(aes_cmac *mac);
bool aes_cmac_finish(aes_cmac *mac, uint8_t out[CHIPID_CMAC_SIZE]);
void aes_cmac_clear(aes_cmac *mac);

#endif
