/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHIPID_GLUE_H
#define CHIPID_GLUE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "chipid_core.h"

typedef struct {
    chipid_core *core;
    PyObject *native_error;
    PyTypeObject *secret, *secure_messaging, *ec_domain, *dh_domain;
} module_state;

/* Of the module, and of an object of one of its types (all final). */
module_state *state_of_module(PyObject *module);
module_state *state_of(PyObject *self);

/* Errors ------------------------------------------------------------------------------------------------------------------ */

#define NO_OFFSET (-1)

PyObject *native_error_new(void);
/* Sets NativeError (MemoryError where memory ended) and returns NULL. */
PyObject *refuse(module_state *state, chipid_status status, Py_ssize_t offset);
/* -1 with TypeError set unless least <= given <= most. */
int check_count(const char *function, Py_ssize_t given, Py_ssize_t least, Py_ssize_t most);

/* Arguments --------------------------------------------------------------------------------------------------------------- */

#define VIEWS_MAX 6

/* Buffer views that pin the inputs of one call; start with {0}, release on all exits. */
typedef struct {
    Py_buffer view[VIEWS_MAX];
    int count;
} views;

int views_add(views *held, PyObject *object, chipid_bytes *bytes);
/* All of count objects into bytes. */
int views_add_all(views *held, PyObject *const *objects, int count, chipid_bytes *bytes);
void views_release(views *held);

/* The name is compared in C strings: whatever cannot be one (embedded NUL, lone surrogates) becomes "". NULL for what is no str. */
const char *name_of(PyObject *object);
int cipher_of(module_state *state, PyObject *object, chipid_cipher *cipher);
int hash_of(module_state *state, PyObject *object, chipid_hash *hash);

/* Results ----------------------------------------------------------------------------------------------------------------- */

#define OUTPUT_LOCAL 512u /* a READ BINARY response needs no allocation */

/*
 * Room for a result whose size the core decides (the limited API cannot shrink a bytes object); wiped, since it may have held plaintext.
 * Each output_start that succeeds needs one output_finish.
 */
typedef struct {
    chipid_buffer out;
    uint8_t local[OUTPUT_LOCAL];
} output;

int output_start(output *result, size_t capacity);
/* The result as bytes, or NULL with the error set. */
PyObject *output_finish(module_state *state, chipid_status status, output *result);
PyObject *bytes_from(chipid_bytes bytes);

/* Types ------------------------------------------------------------------------------------------------------------------- */

extern PyType_Spec secret_spec, secure_messaging_spec, ec_domain_spec, dh_domain_spec;
extern PyMethodDef function_table[];

PyObject *object_alloc(PyTypeObject *type);
void object_free(PyObject *self);

/* A Secret as an output buffer. */
PyObject *secret_output(module_state *state, size_t size, chipid_buffer *out);
PyObject *secret_from(module_state *state, chipid_bytes octets); /* copied */
const chipid_ec *ec_of(module_state *state, PyObject *object); /* NULL with TypeError set */

#define FASTCALL(function) ((PyCFunction)(void (*)(void))(function))

#endif
