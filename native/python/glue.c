/* SPDX-License-Identifier: Apache-2.0 */
#include "glue.h"

#include <string.h>

module_state *
state_of_module(PyObject *module)
{
    return PyModule_GetState(module);
}

module_state *
state_of(PyObject *self)
{
    return PyType_GetModuleState(Py_TYPE(self));
}

/* Errors ------------------------------------------------------------------------------------------------------------------ */

PyDoc_STRVAR(native_error_doc, "A refusal of the C core.\n"
                               "\n"
                               ":ivar code: stable, lower-case name of the reason; ``offset``: octets from the start, -1 where none.");

PyObject *
native_error_new(void)
{
    PyObject *defaults = Py_BuildValue("{s:s,s:i}", "code", "", "offset", NO_OFFSET);
    PyObject *type = NULL;

    if (defaults != NULL)
        type = PyErr_NewExceptionWithDoc("chipid._native.NativeError", native_error_doc, NULL, defaults);
    Py_XDECREF(defaults);
    return type;
}

static int
set_detail(PyObject *error, const char *code, Py_ssize_t offset)
{
    PyObject *name = PyUnicode_FromString(code), *number = PyLong_FromSsize_t(offset);
    int ok = -1;

    if (name != NULL && number != NULL && PyObject_SetAttrString(error, "code", name) == 0)
        ok = PyObject_SetAttrString(error, "offset", number);
    Py_XDECREF(name);
    Py_XDECREF(number);
    return ok;
}

PyObject *
refuse(module_state *state, chipid_status status, Py_ssize_t offset)
{
    const char *code = chipid_status_name(status);
    PyObject *message, *error = NULL;

    if (status == CHIPID_MEMORY)
        return PyErr_NoMemory();
    message = offset < 0 ? PyUnicode_FromString(code) : PyUnicode_FromFormat("%s at offset %zd", code, offset);
    if (message != NULL)
        error = PyObject_CallFunctionObjArgs(state->native_error, message, NULL);
    if (error != NULL && set_detail(error, code, offset) == 0)
        PyErr_SetObject(state->native_error, error);
    Py_XDECREF(error);
    Py_XDECREF(message);
    return NULL;
}

int
check_count(const char *function, Py_ssize_t given, Py_ssize_t least, Py_ssize_t most)
{
    if (given >= least && given <= most)
        return 0;
    PyErr_Format(PyExc_TypeError, "%s takes %zd to %zd arguments, %zd given", function, least, most, given);
    return -1;
}

/* Arguments --------------------------------------------------------------------------------------------------------------- */

int
views_add(views *held, PyObject *object, chipid_bytes *bytes)
{
    Py_buffer *view = &held->view[held->count];

    if (held->count == VIEWS_MAX) {
        PyErr_SetString(PyExc_SystemError, "too many buffers in one call");
        return -1;
    }
    if (PyObject_GetBuffer(object, view, PyBUF_SIMPLE) != 0)
        return -1;
    held->count++;
    bytes->data = view->buf;
    bytes->size = (size_t)view->len;
    return 0;
}

int
views_add_all(views *held, PyObject *const *objects, int count, chipid_bytes *bytes)
{
    for (int i = 0; i < count; i++) {
        if (views_add(held, objects[i], &bytes[i]) != 0)
            return -1;
    }
    return 0;
}

void
views_release(views *held)
{
    while (held->count > 0)
        PyBuffer_Release(&held->view[--held->count]);
}

const char *
name_of(PyObject *object)
{
    Py_ssize_t size = 0;
    const char *name;

    if (!PyUnicode_Check(object)) {
        PyErr_SetString(PyExc_TypeError, "a name is a str");
        return NULL;
    }
    name = PyUnicode_AsUTF8AndSize(object, &size);
    if (name == NULL && PyErr_ExceptionMatches(PyExc_MemoryError))
        return NULL;
    if (name != NULL && strlen(name) == (size_t)size)
        return name;
    PyErr_Clear();
    return "";
}

int
cipher_of(module_state *state, PyObject *object, chipid_cipher *cipher)
{
    const char *name = name_of(object);
    chipid_status status;

    if (name == NULL)
        return -1;
    if ((status = chipid_cipher_named(name, cipher)) == CHIPID_OK)
        return 0;
    refuse(state, status, NO_OFFSET);
    return -1;
}

int
hash_of(module_state *state, PyObject *object, chipid_hash *hash)
{
    const char *name = name_of(object);
    chipid_status status;

    if (name == NULL)
        return -1;
    if ((status = chipid_hash_named(name, hash)) == CHIPID_OK)
        return 0;
    refuse(state, status, NO_OFFSET);
    return -1;
}

/* Results ----------------------------------------------------------------------------------------------------------------- */

int
output_start(output *result, size_t capacity)
{
    result->out = (chipid_buffer){result->local, sizeof result->local, 0};
    if (capacity <= sizeof result->local)
        return 0;
    result->out = (chipid_buffer){chipid_secret_new(capacity), capacity, 0};
    if (result->out.data != NULL)
        return 0;
    PyErr_NoMemory();
    return -1;
}

PyObject *
output_finish(module_state *state, chipid_status status, output *result)
{
    chipid_bytes written = {result->out.data, result->out.size};
    PyObject *bytes = status == CHIPID_OK ? bytes_from(written) : refuse(state, status, NO_OFFSET);

    if (result->out.data == result->local)
        chipid_wipe(result->local, result->out.size);
    else
        chipid_secret_free(result->out.data, result->out.capacity);
    return bytes;
}

PyObject *
bytes_from(chipid_bytes bytes)
{
    return PyBytes_FromStringAndSize((const char *)bytes.data, (Py_ssize_t)bytes.size);
}

/* Objects ----------------------------------------------------------------------------------------------------------------- */

PyObject *
object_alloc(PyTypeObject *type)
{
    allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);

    return alloc(type, 0);
}

/* A heap type's instance holds a reference to its type. */
void
object_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

    release(self);
    Py_DECREF(type);
}
