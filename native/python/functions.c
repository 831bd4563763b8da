/* SPDX-License-Identifier: Apache-2.0 */
#include "glue.h"

static PyObject *
py_equal(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    views held = {0};
    chipid_bytes octets[2];
    PyObject *result = NULL;

    if (check_count("equal", count, 2, 2) != 0)
        return NULL;
    if (views_add_all(&held, args, 2, octets) == 0)
        result = PyBool_FromLong(chipid_equal(octets[0], octets[1]));
    views_release(&held);
    return result;
}

/* TLV --------------------------------------------------------------------------------------------------------------------- */

/* A position; what no size can hold lies beyond the end of any data. -1 with an error set for what is no int. */
static int
position_of(PyObject *object, size_t *position)
{
    Py_ssize_t number = PyLong_AsSsize_t(object);

    if (number == -1 && PyErr_Occurred()) {
        if (!PyErr_ExceptionMatches(PyExc_OverflowError))
            return -1;
        PyErr_Clear();
    }
    *position = number < 0 ? SIZE_MAX : (size_t)number;
    return 0;
}

static PyObject *
py_tlv_read(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    views held = {0};
    chipid_bytes data;
    chipid_tlv tlv;
    chipid_status status;
    size_t offset, end, where = 0;

    if (check_count("tlv_read", count, 3, 3) != 0)
        return NULL;
    if (position_of(args[1], &offset) != 0 || position_of(args[2], &end) != 0 || views_add(&held, args[0], &data) != 0)
        return NULL;
    status = chipid_tlv_read(data, offset, end, &tlv, &where);
    views_release(&held);
    if (status != CHIPID_OK)
        return refuse(state_of_module(module), status, where > (size_t)PY_SSIZE_T_MAX ? NO_OFFSET : (Py_ssize_t)where);
    return Py_BuildValue("(Innn)", (unsigned)tlv.tag, (Py_ssize_t)tlv.value_start, (Py_ssize_t)tlv.value_end, (Py_ssize_t)tlv.next);
}

/* Keys, MACs, ciphers ----------------------------------------------------------------------------------------------------- */

/* 0 for what no counter can be; -1 with an error set for what is no int. */
static int
counter_of(PyObject *object, uint32_t *counter)
{
    long long number = PyLong_AsLongLong(object);

    if (number == -1 && PyErr_Occurred()) {
        if (!PyErr_ExceptionMatches(PyExc_OverflowError))
            return -1;
        PyErr_Clear();
    }
    *counter = number < 0 || number > UINT32_MAX ? 0 : (uint32_t)number;
    return 0;
}

static PyObject *
py_kdf(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    module_state *state = state_of_module(module);
    views held = {0};
    chipid_bytes secret, nonce = {NULL, 0};
    chipid_cipher cipher;
    chipid_status status;
    chipid_buffer out;
    uint32_t counter;
    PyObject *key = NULL;

    if (check_count("kdf", count, 3, 4) != 0 || cipher_of(state, args[0], &cipher) != 0 || counter_of(args[2], &counter) != 0)
        return NULL;
    if (views_add(&held, args[1], &secret) != 0 || (count == 4 && views_add(&held, args[3], &nonce) != 0))
        goto fail;
    if ((key = secret_output(state, chipid_cipher_key_size(cipher), &out)) == NULL)
        goto fail;
    if ((status = chipid_kdf(state->core, cipher, secret, counter, nonce, &out)) != CHIPID_OK) {
        refuse(state, status, NO_OFFSET);
        Py_CLEAR(key);
    }
fail:
    views_release(&held);
    return key;
}

static PyObject *
py_retail_mac(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    module_state *state = state_of_module(module);
    views held = {0};
    chipid_bytes in[2];
    output result;
    PyObject *mac = NULL;
    int pad = 1;

    if (check_count("retail_mac", count, 2, 3) != 0 || (count == 3 && (pad = PyObject_IsTrue(args[2])) < 0))
        return NULL;
    if (views_add_all(&held, args, 2, in) == 0 && output_start(&result, CHIPID_MAC_SIZE) == 0)
        mac = output_finish(state, chipid_retail_mac(state->core, in[0], in[1], pad != 0, &result.out), &result);
    views_release(&held);
    return mac;
}

static PyObject *
py_cmac(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    module_state *state = state_of_module(module);
    views held = {0};
    chipid_bytes in[2];
    output result;
    PyObject *mac = NULL;

    if (check_count("cmac", count, 2, 2) != 0)
        return NULL;
    if (views_add_all(&held, args, 2, in) == 0 && output_start(&result, CHIPID_CMAC_SIZE) == 0)
        mac = output_finish(state, chipid_cmac(state->core, in[0], in[1], &result.out), &result);
    views_release(&held);
    return mac;
}

static PyObject *
run_cbc(PyObject *module, PyObject *const *args, Py_ssize_t count, bool encrypt)
{
    module_state *state = state_of_module(module);
    views held = {0};
    chipid_bytes in[3]; /* key, iv, data */
    chipid_cipher cipher;
    output result;
    PyObject *bytes = NULL;

    if (check_count(encrypt ? "cbc_encrypt" : "cbc_decrypt", count, 4, 4) != 0 || cipher_of(state, args[0], &cipher) != 0)
        return NULL;
    if (views_add_all(&held, &args[1], 3, in) == 0 && output_start(&result, in[2].size) == 0)
        bytes = output_finish(state, chipid_cbc(state->core, cipher, encrypt, in[0], in[1], in[2], &result.out), &result);
    views_release(&held);
    return bytes;
}

static PyObject *
py_cbc_encrypt(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    return run_cbc(module, args, count, true);
}

static PyObject *
py_cbc_decrypt(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    return run_cbc(module, args, count, false);
}

static PyObject *
py_integrated_random(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    module_state *state = state_of_module(module);
    views held = {0};
    chipid_bytes in[3]; /* s, t, modulus */
    chipid_cipher cipher;
    uint8_t octets[CHIPID_RANDOM_MAX];
    chipid_buffer out = {octets, sizeof octets, 0};
    chipid_status status;
    PyObject *secret = NULL;

    if (check_count("integrated_random", count, 4, 4) != 0 || cipher_of(state, args[0], &cipher) != 0)
        return NULL;
    if (views_add_all(&held, &args[1], 3, in) == 0) {
        status = chipid_integrated_random(state->core, cipher, in[0], in[1], in[2], &out);
        secret = status == CHIPID_OK ? secret_from(state, (chipid_bytes){out.data, out.size}) : refuse(state, status, NO_OFFSET);
        chipid_wipe(octets, out.size);
    }
    views_release(&held);
    return secret;
}

/* Signatures: the inputs stay pinned by their views while the GIL is released. -------------------------------------------- */

static PyObject *
verdict(module_state *state, chipid_status status, bool valid)
{
    return status == CHIPID_OK ? PyBool_FromLong(valid) : refuse(state, status, NO_OFFSET);
}

static PyObject *
py_ecdsa_verify(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    module_state *state = state_of_module(module);
    views held = {0};
    chipid_bytes in[4]; /* public point, digest, r, s */
    chipid_status status;
    const chipid_ec *ec;
    bool valid = false;
    PyObject *result = NULL;

    if (check_count("ecdsa_verify", count, 5, 5) != 0 || (ec = ec_of(state, args[0])) == NULL)
        return NULL;
    if (views_add_all(&held, &args[1], 4, in) == 0) {
        Py_BEGIN_ALLOW_THREADS
        status = chipid_ecdsa_verify(ec, in[0], in[1], in[2], in[3], &valid);
        Py_END_ALLOW_THREADS
        result = verdict(state, status, valid);
    }
    views_release(&held);
    return result;
}

static PyObject *
py_ecdsa_sign(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    module_state *state = state_of_module(module);
    views held = {0};
    chipid_bytes in[2]; /* private, digest */
    chipid_status status;
    const chipid_ec *ec;
    output result;
    PyObject *signature = NULL;

    if (check_count("ecdsa_sign", count, 3, 3) != 0 || (ec = ec_of(state, args[0])) == NULL)
        return NULL;
    if (views_add_all(&held, &args[1], 2, in) == 0 && output_start(&result, 2 * CHIPID_FIELD_MAX) == 0) {
        Py_BEGIN_ALLOW_THREADS
        status = chipid_ecdsa_sign(ec, in[0], in[1], &result.out);
        Py_END_ALLOW_THREADS
        signature = output_finish(state, status, &result);
    }
    views_release(&held);
    return signature;
}

static PyObject *
py_rsa_verify_pkcs1(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    module_state *state = state_of_module(module);
    views held = {0};
    chipid_bytes key[2], in[2]; /* n, e; digest, signature */
    chipid_status status;
    chipid_hash hash;
    bool valid = false;
    PyObject *result = NULL;

    if (check_count("rsa_verify_pkcs1", count, 5, 5) != 0 || hash_of(state, args[2], &hash) != 0)
        return NULL;
    if (views_add_all(&held, args, 2, key) == 0 && views_add_all(&held, &args[3], 2, in) == 0) {
        Py_BEGIN_ALLOW_THREADS
        status = chipid_rsa_verify_pkcs1(state->core, key[0], key[1], hash, in[0], in[1], &valid);
        Py_END_ALLOW_THREADS
        result = verdict(state, status, valid);
    }
    views_release(&held);
    return result;
}

/* Negative is nobody's salt; beyond any size is a salt too long for every key, which the core answers with "not valid". */
static int
salt_of(module_state *state, PyObject *object, size_t *salt)
{
    int overflow = 0;
    long long number = PyLong_AsLongLongAndOverflow(object, &overflow);

    if (number == -1 && overflow == 0 && PyErr_Occurred())
        return -1;
    if (overflow < 0 || (overflow == 0 && number < 0)) {
        refuse(state, CHIPID_ARGUMENT, NO_OFFSET);
        return -1;
    }
    *salt = overflow > 0 || number > INT_MAX ? INT_MAX : (size_t)number;
    return 0;
}

static PyObject *
py_rsa_verify_pss(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    module_state *state = state_of_module(module);
    views held = {0};
    chipid_bytes key[2], in[2]; /* n, e; digest, signature */
    chipid_hash hash, mgf_hash;
    chipid_status status;
    size_t salt;
    bool valid = false;
    PyObject *result = NULL;

    if (check_count("rsa_verify_pss", count, 7, 7) != 0 || hash_of(state, args[2], &hash) != 0)
        return NULL;
    if (hash_of(state, args[3], &mgf_hash) != 0 || salt_of(state, args[4], &salt) != 0)
        return NULL;
    if (views_add_all(&held, args, 2, key) == 0 && views_add_all(&held, &args[5], 2, in) == 0) {
        Py_BEGIN_ALLOW_THREADS
        status = chipid_rsa_verify_pss(state->core, key[0], key[1], hash, mgf_hash, salt, in[0], in[1], &valid);
        Py_END_ALLOW_THREADS
        result = verdict(state, status, valid);
    }
    views_release(&held);
    return result;
}

static PyObject *
py_rsa_recover(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    module_state *state = state_of_module(module);
    views held = {0};
    chipid_bytes in[3]; /* n, e, signature */
    chipid_status status;
    output result;
    PyObject *bytes = NULL;

    if (check_count("rsa_recover", count, 3, 3) != 0)
        return NULL;
    if (views_add_all(&held, args, 3, in) == 0 && output_start(&result, CHIPID_RSA_MAX) == 0) {
        Py_BEGIN_ALLOW_THREADS
        status = chipid_rsa_recover(state->core, in[0], in[1], in[2], &result.out);
        Py_END_ALLOW_THREADS
        bytes = output_finish(state, status, &result);
    }
    views_release(&held);
    return bytes;
}

PyMethodDef function_table[] = {
    {"equal", FASTCALL(py_equal), METH_FASTCALL, PyDoc_STR("equal(a, b, /)\n--\n\nConstant-time comparison.")},
    {"tlv_read", FASTCALL(py_tlv_read), METH_FASTCALL,
     PyDoc_STR("tlv_read(data, offset, end, /)\n--\n\n(tag, value_start, value_end, next_offset) of the BER-TLV at offset.")},
    {"kdf", FASTCALL(py_kdf), METH_FASTCALL,
     PyDoc_STR("kdf(cipher, secret, counter, nonce=b'', /)\n--\n\nICAO 9303-11 §9.7.1.")},
    {"retail_mac", FASTCALL(py_retail_mac), METH_FASTCALL,
     PyDoc_STR("retail_mac(key, data, pad=True, /)\n--\n\nISO 9797-1 MAC algorithm 3, DES, 8 octets.")},
    {"cmac", FASTCALL(py_cmac), METH_FASTCALL, PyDoc_STR("cmac(key, data, /)\n--\n\nAES-CMAC, 16 octets.")},
    {"cbc_encrypt", FASTCALL(py_cbc_encrypt), METH_FASTCALL,
     PyDoc_STR("cbc_encrypt(cipher, key, iv, data, /)\n--\n\nWhole blocks, no padding.")},
    {"cbc_decrypt", FASTCALL(py_cbc_decrypt), METH_FASTCALL,
     PyDoc_STR("cbc_decrypt(cipher, key, iv, data, /)\n--\n\nWhole blocks, no padding.")},
    {"integrated_random", FASTCALL(py_integrated_random), METH_FASTCALL,
     PyDoc_STR("integrated_random(cipher, nonce_s, nonce_t, modulus, /)\n--\n\nR(s, t) of ICAO 9303-11 §4.4.3.3.2.")},
    {"ecdsa_sign", FASTCALL(py_ecdsa_sign), METH_FASTCALL,
     PyDoc_STR("ecdsa_sign(domain, private, digest, /)\n--\n\nr ‖ s over the digest, each as long as the order.")},
    {"ecdsa_verify", FASTCALL(py_ecdsa_verify), METH_FASTCALL,
     PyDoc_STR("ecdsa_verify(domain, public_point, digest, r, s, /)\n--\n\nWhether (r, s) signs digest.")},
    {"rsa_verify_pkcs1", FASTCALL(py_rsa_verify_pkcs1), METH_FASTCALL,
     PyDoc_STR("rsa_verify_pkcs1(n, e, hash, digest, signature, /)\n--\n\nRSASSA-PKCS1-v1_5.")},
    {"rsa_verify_pss", FASTCALL(py_rsa_verify_pss), METH_FASTCALL,
     PyDoc_STR("rsa_verify_pss(n, e, hash, mgf_hash, salt_length, digest, signature, /)\n--\n\nRSASSA-PSS.")},
    {"rsa_recover", FASTCALL(py_rsa_recover), METH_FASTCALL,
     PyDoc_STR("rsa_recover(n, e, signature, /)\n--\n\nsignature^e mod n, as long as the modulus.")},
    {NULL, NULL, 0, NULL},
};
