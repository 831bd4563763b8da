/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHIPID_CIPHER_H
#define CHIPID_CIPHER_H

#include "core.h"
#include "mem.h"

/* Two-key triple DES as OpenSSL takes it: K1 || K2 || K1. */
#define DES_KEY_SIZE 8u
#define EDE3_KEY_SIZE 24u

/* A keyed context without padding; NULL on failure. The key must have chipid_cipher_key_size octets. */
EVP_CIPHER_CTX *cipher_keyed(const EVP_CIPHER *algorithm, chipid_cipher cipher, chipid_bytes key, bool encrypt);
/* The same over raw key octets as OpenSSL takes them. */
EVP_CIPHER_CTX *cipher_keyed_raw(const EVP_CIPHER *algorithm, const uint8_t *key, bool encrypt);
/* Sets the IV, keeps the key. */
bool cipher_restart(EVP_CIPHER_CTX *ctx, const uint8_t *iv);
/* Whole blocks, data.size octets written; to may be data.data. */
bool cipher_run(EVP_CIPHER_CTX *ctx, chipid_bytes data, uint8_t *to);

extern const uint8_t cipher_zero_iv[CHIPID_BLOCK_MAX];

#endif
