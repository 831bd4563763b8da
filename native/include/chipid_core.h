/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C core of chipid: TLV, key derivation, MACs, ciphers, secure messaging, elliptic-curve and finite-field groups and
 * signatures of ICAO Doc 9303 part 11, over OpenSSL 3's libcrypto. No Python, no input or output, no global mutable state.
 *
 * - Integers are big-endian octets. Inputs are views (chipid_bytes), outputs are buffers with a capacity (chipid_buffer) that the
 *   callee checks; a buffer is filled from its start, and holds nothing (size 0) after a failure.
 * - Each function that can fail returns a chipid_status; CHIPID_OK is 0. Objects are made by _new and given up by _free.
 * - A chipid_core may be used by any number of threads at once, a chipid_ec or chipid_dh too; a chipid_sm by one at a time.
 */
#ifndef CHIPID_CORE_H
#define CHIPID_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct chipid_core chipid_core; /* algorithms fetched once, curves built once; immutable after chipid_core_new */
typedef struct chipid_ec chipid_ec;     /* a curve's group, possibly with a mapped generator */
typedef struct chipid_dh chipid_dh;     /* a subgroup of GF(p)*, possibly with a mapped generator */
typedef struct chipid_sm chipid_sm;     /* one secure-messaging session */

typedef struct {
    const uint8_t *data;
    size_t size;
} chipid_bytes;

typedef struct {
    uint8_t *data;
    size_t capacity;
    size_t size;
} chipid_buffer;

typedef enum {
    CHIPID_OK = 0,
    CHIPID_MEMORY,   /* allocation failed */
    CHIPID_CRYPTO,   /* libcrypto failed for no reason of the caller's */
    CHIPID_CAPACITY, /* an output buffer is too small */
    CHIPID_ARGUMENT, /* an argument no other code names */
    CHIPID_LENGTH,   /* an input beyond what the core takes */
    CHIPID_TLV_TRUNCATED,
    CHIPID_TLV_TAG,
    CHIPID_TLV_LENGTH,
    CHIPID_TLV_DEPTH,
    CHIPID_CIPHER_UNKNOWN,
    CHIPID_CIPHER_KEY,
    CHIPID_CIPHER_IV,
    CHIPID_CIPHER_BLOCK,
    CHIPID_KDF_SECRET,
    CHIPID_KDF_COUNTER,
    CHIPID_HASH_UNKNOWN,
    CHIPID_HASH_LENGTH,
    CHIPID_SM_MAC,
    CHIPID_SM_MAC_MISSING,
    CHIPID_SM_STATUS_MISSING,
    CHIPID_SM_STATUS_DIFFERS,
    CHIPID_SM_PLAINTEXT,
    CHIPID_SM_PADDING,
    CHIPID_SM_MALFORMED,
    CHIPID_SM_LENGTH,
    CHIPID_SM_CLOSED,
    CHIPID_SM_SSC,
    CHIPID_EC_UNKNOWN_CURVE,
    CHIPID_EC_POINT,
    CHIPID_EC_INFINITY,
    CHIPID_EC_PRIVATE,
    CHIPID_EC_MAPPED,
    CHIPID_EC_INTEGRATED,
    CHIPID_DH_PARAMETERS,
    CHIPID_DH_ELEMENT,
    CHIPID_DH_PRIVATE,
    CHIPID_DH_MAPPED,
    CHIPID_RSA_KEY,
    CHIPID_RSA_RANGE,
    CHIPID_STATUS_COUNT
} chipid_status;

/* The stable, lower-case name: "tlv-truncated". */
const char *chipid_status_name(chipid_status status);

/* Core -------------------------------------------------------------------------------------------------------------------- */

chipid_status chipid_core_new(chipid_core **core);
chipid_core *chipid_core_share(chipid_core *core); /* one more owner of the same core */
void chipid_core_free(chipid_core *core);
const char *chipid_openssl_version(void);

/* Memory for secrets ------------------------------------------------------------------------------------------------------ */

void *chipid_secret_new(size_t size); /* NULL where memory ends; size 0 gives a pointer too */
void chipid_secret_free(void *secret, size_t size);
void chipid_wipe(void *data, size_t size);
bool chipid_equal(chipid_bytes a, chipid_bytes b); /* constant time for equal sizes */

/* TLV --------------------------------------------------------------------------------------------------------------------- */

#define CHIPID_TLV_DEPTH_MAX 32u

typedef struct {
    uint32_t tag;
    size_t value_start;
    size_t value_end;
    size_t next;
} chipid_tlv;

/*
 * The BER-TLV at offset, wholly inside [offset, end): tags of 1-4 octets, lengths of 1-5 octets (ISO 7816-4 §5.2.2), non-minimal
 * ones and the indefinite form (X.690 §8.1.3.6) included. On failure *where is the offset of the element at fault.
 */
chipid_status chipid_tlv_read(chipid_bytes data, size_t offset, size_t end, chipid_tlv *tlv, size_t *where);

/* Ciphers, keys, MACs ----------------------------------------------------------------------------------------------------- */

typedef enum { CHIPID_3DES, CHIPID_AES_128, CHIPID_AES_192, CHIPID_AES_256, CHIPID_CIPHER_COUNT } chipid_cipher;

#define CHIPID_BLOCK_MAX 16u
#define CHIPID_KEY_MAX 32u
#define CHIPID_MAC_SIZE 8u
#define CHIPID_CMAC_SIZE 16u

chipid_status chipid_cipher_named(const char *name, chipid_cipher *cipher); /* "3DES", "AES-128", "AES-192", "AES-256" */
const char *chipid_cipher_name(chipid_cipher cipher);
size_t chipid_cipher_key_size(chipid_cipher cipher);
size_t chipid_cipher_block_size(chipid_cipher cipher);

/* CBC over whole blocks; as many octets out as in. A 3DES key is K1 || K2, 16 octets. */
chipid_status chipid_cbc(const chipid_core *core, chipid_cipher cipher, bool encrypt, chipid_bytes key, chipid_bytes iv,
                         chipid_bytes data, chipid_buffer *out);

/* ICAO 9303-11 §9.7.1: KDF(secret, nonce, counter); chipid_cipher_key_size octets, DES parity adjusted. */
chipid_status chipid_kdf(const chipid_core *core, chipid_cipher cipher, chipid_bytes secret, uint32_t counter, chipid_bytes nonce,
                         chipid_buffer *key);

/* ISO 9797-1 MAC algorithm 3 with DES; padding method 2 when pad, whole blocks otherwise. CHIPID_MAC_SIZE octets. */
chipid_status chipid_retail_mac(const chipid_core *core, chipid_bytes key, chipid_bytes data, bool pad, chipid_buffer *mac);

/* AES-CMAC (NIST SP 800-38B), CHIPID_CMAC_SIZE octets. */
chipid_status chipid_cmac(const chipid_core *core, chipid_bytes key, chipid_bytes data, chipid_buffer *mac);

/* Secure messaging (ICAO 9303-11 §9.8) ------------------------------------------------------------------------------------ */

/* A message grows by at most this under protection, and never under its removal: out needs the input's size + this. */
#define CHIPID_SM_OVERHEAD 64u

chipid_status chipid_sm_new(chipid_core *core, chipid_cipher cipher, chipid_bytes ks_enc, chipid_bytes ks_mac, chipid_bytes ssc,
                            chipid_sm **sm);
void chipid_sm_free(chipid_sm *sm);
void chipid_sm_close(chipid_sm *sm); /* wipes the keys; every later message fails with CHIPID_SM_CLOSED */
bool chipid_sm_closed(const chipid_sm *sm);
chipid_cipher chipid_sm_cipher(const chipid_sm *sm);
chipid_bytes chipid_sm_ssc(const chipid_sm *sm); /* as long as a block of the cipher; valid until the next call on sm */
chipid_status chipid_sm_set_ssc(chipid_sm *sm, chipid_bytes ssc);

/*
 * The SSC is incremented first, by the call itself. A protect that refuses its input (CHIPID_SM_MALFORMED, CHIPID_SM_LENGTH) leaves
 * the session as it was. Any failure of an unprotect closes it, with one exception: a response that is a status word and nothing
 * else (CHIPID_SM_PLAINTEXT) has used up one SSC value and leaves the session open, since real chips differ in whether they count
 * the command that they refused; the caller decides between chipid_sm_set_ssc and chipid_sm_close.
 */
chipid_status chipid_sm_protect_command(chipid_sm *sm, chipid_bytes apdu, chipid_buffer *out);
chipid_status chipid_sm_unprotect_command(chipid_sm *sm, chipid_bytes apdu, chipid_buffer *out);
chipid_status chipid_sm_protect_response(chipid_sm *sm, chipid_bytes response, chipid_buffer *out);
chipid_status chipid_sm_unprotect_response(chipid_sm *sm, chipid_bytes response, chipid_buffer *out);

/* Nonces of PACE ---------------------------------------------------------------------------------------------------------- */

#define CHIPID_NONCE_MAX 66u      /* octets of a nonce that is mapped */
#define CHIPID_RANDOM_EXCESS 64u  /* octets by which R(s,t) may exceed the modulus */
#define CHIPID_MODULUS_MAX 512u
#define CHIPID_RANDOM_MAX (CHIPID_MODULUS_MAX + CHIPID_RANDOM_EXCESS)

/*
 * ICAO 9303-11 §4.4.3.3.2, figure 2: R(s,t) = x1 || ... || xn, n the least with n * l >= log2(modulus) + 64. s has l bits (128 for 3DES
 * and AES-128, 256 for AES-192 and AES-256), t the cipher's key length.
 */
chipid_status chipid_integrated_random(const chipid_core *core, chipid_cipher cipher, chipid_bytes s, chipid_bytes t,
                                       chipid_bytes modulus, chipid_buffer *random);

/* Elliptic curves (ICAO 9303-11 §9.4-9.6) --------------------------------------------------------------------------------- */

#define CHIPID_FIELD_MAX 66u                          /* octets, secp521r1 */
#define CHIPID_POINT_MAX (1u + 2u * CHIPID_FIELD_MAX) /* uncompressed */

typedef enum { CHIPID_EC_P, CHIPID_EC_A, CHIPID_EC_B, CHIPID_EC_ORDER } chipid_ec_number;

chipid_status chipid_ec_named(chipid_core *core, const char *name, chipid_ec **ec);
/* The known curve with exactly these parameters; h may be NULL. Nothing is ever computed on parameters that are not known. */
chipid_status chipid_ec_explicit(chipid_core *core, chipid_bytes p, chipid_bytes a, chipid_bytes b, chipid_bytes g, chipid_bytes n,
                                 const chipid_bytes *h, chipid_ec **ec);
/* ICAO 9303-11 §4.4.3.3.1: the same curve with the generator nonce*G + H. */
chipid_status chipid_ec_map_generic(const chipid_ec *ec, chipid_bytes nonce, chipid_bytes h, chipid_ec **mapped);
/*
 * ICAO 9303-11 §4.4.3.3.2: the same curve with the generator f_G(random mod p), the point encoding of appendix B; random has at most
 * field size + CHIPID_RANDOM_EXCESS octets. CHIPID_EC_INTEGRATED for a curve that has none (p = 1 mod 4: secp224r1) and for the three
 * numbers mod p, 0 and +-1, that the encoding leaves undefined.
 */
chipid_status chipid_ec_map_integrated(const chipid_ec *ec, chipid_bytes random, chipid_ec **mapped);
void chipid_ec_free(chipid_ec *ec);

const char *chipid_ec_name(const chipid_ec *ec);
bool chipid_ec_mapped(const chipid_ec *ec);
size_t chipid_ec_field_size(const chipid_ec *ec);
unsigned chipid_ec_cofactor(const chipid_ec *ec);
chipid_status chipid_ec_get(const chipid_ec *ec, chipid_ec_number which, chipid_buffer *out);
chipid_status chipid_ec_generator(const chipid_ec *ec, chipid_buffer *point);
/* point, uncompressed or compressed, on the curve and not infinity; given back uncompressed. */
chipid_status chipid_ec_check_point(const chipid_ec *ec, chipid_bytes point, chipid_buffer *out);
chipid_status chipid_ec_public_key(const chipid_ec *ec, chipid_bytes private_key, chipid_buffer *point);
chipid_status chipid_ec_agree_point(const chipid_ec *ec, chipid_bytes private_key, chipid_bytes peer, chipid_buffer *point);
chipid_status chipid_ec_agree(const chipid_ec *ec, chipid_bytes private_key, chipid_bytes peer, chipid_buffer *x);

/* Diffie-Hellman in GF(p) (ICAO 9303-11 §9.4-9.6, RFC 2631) --------------------------------------------------------------- */

#define CHIPID_DH_BITS_MIN 1024
#define CHIPID_DH_BITS_MAX 4096
#define CHIPID_DH_MAX (CHIPID_DH_BITS_MAX / 8)

typedef enum { CHIPID_DH_P, CHIPID_DH_G, CHIPID_DH_Q } chipid_dh_number;

/* ICAO 9303-11 §9.5.1: parameter IDs 0, 1 and 2. */
chipid_status chipid_dh_standardised(chipid_core *core, unsigned parameter_id, chipid_dh **dh);
/*
 * Parameters of any origin: p prime of CHIPID_DH_BITS_MIN ... CHIPID_DH_BITS_MAX bits, 1 < g < p-1; q, where it is not NULL, prime, of
 * 160 bits at least, and the order of g. Without q (PKCS #3) it is (p-1)/2 where that is a prime and the order of g, and unknown
 * otherwise. The parameters of a standardised group are that group.
 */
chipid_status chipid_dh_explicit(chipid_core *core, chipid_bytes p, chipid_bytes g, const chipid_bytes *q, chipid_dh **dh);
/* ICAO 9303-11 §4.4.3.3.1: the same group with the generator g^nonce * h. */
chipid_status chipid_dh_map_generic(const chipid_dh *dh, chipid_bytes nonce, chipid_bytes h, chipid_dh **mapped);
/* ICAO 9303-11 §4.4.3.3.2: the same group with the generator random^((p-1)/q); random has at most size + CHIPID_RANDOM_EXCESS octets. */
chipid_status chipid_dh_map_integrated(const chipid_dh *dh, chipid_bytes random, chipid_dh **mapped);
void chipid_dh_free(chipid_dh *dh);

const char *chipid_dh_name(const chipid_dh *dh); /* "modp1024-160", "modp2048-224", "modp2048-256", "modp<bits>" */
bool chipid_dh_mapped(const chipid_dh *dh);
size_t chipid_dh_size(const chipid_dh *dh); /* octets of p */
/* Without leading zeros; an unknown q is empty. */
chipid_status chipid_dh_get(const chipid_dh *dh, chipid_dh_number which, chipid_buffer *out);
/* 1 < element < p-1, element^q = 1 where q is known, no more octets than p; given back without leading zeros. */
chipid_status chipid_dh_check_element(const chipid_dh *dh, chipid_bytes element, chipid_buffer *out);
/* Private keys: 1 <= private < q, or < p-1 where q is unknown. */
chipid_status chipid_dh_public_key(const chipid_dh *dh, chipid_bytes private_key, chipid_buffer *element);
chipid_status chipid_dh_agree_element(const chipid_dh *dh, chipid_bytes private_key, chipid_bytes peer, chipid_buffer *element);
chipid_status chipid_dh_agree(const chipid_dh *dh, chipid_bytes private_key, chipid_bytes peer, chipid_buffer *shared); /* size octets */

/* Signatures -------------------------------------------------------------------------------------------------------------- */

typedef enum { CHIPID_SHA1, CHIPID_SHA224, CHIPID_SHA256, CHIPID_SHA384, CHIPID_SHA512, CHIPID_HASH_COUNT } chipid_hash;

#define CHIPID_RSA_BITS_MIN 1024
#define CHIPID_RSA_BITS_MAX 8192
#define CHIPID_RSA_MAX (CHIPID_RSA_BITS_MAX / 8)
#define CHIPID_RSA_EXPONENT_BITS_MAX 64

chipid_status chipid_hash_named(const char *name, chipid_hash *hash); /* "sha1" ... "sha512" */

/* r || s, each as long as the order; the randomness is libcrypto's. */
chipid_status chipid_ecdsa_sign(const chipid_ec *ec, chipid_bytes private_key, chipid_bytes digest, chipid_buffer *signature);
/* A signature that is merely wrong, out of range included, gives CHIPID_OK and *valid false. */
chipid_status chipid_ecdsa_verify(const chipid_ec *ec, chipid_bytes public_point, chipid_bytes digest, chipid_bytes r, chipid_bytes s,
                                  bool *valid);
chipid_status chipid_rsa_verify_pkcs1(const chipid_core *core, chipid_bytes n, chipid_bytes e, chipid_hash hash, chipid_bytes digest,
                                      chipid_bytes signature, bool *valid);
chipid_status chipid_rsa_verify_pss(const chipid_core *core, chipid_bytes n, chipid_bytes e, chipid_hash hash, chipid_hash mgf_hash,
                                    size_t salt_length, chipid_bytes digest, chipid_bytes signature, bool *valid);
/* signature^e mod n, as long as the modulus. */
chipid_status chipid_rsa_recover(const chipid_core *core, chipid_bytes n, chipid_bytes e, chipid_bytes signature, chipid_buffer *out);

#endif
