/* SPDX-License-Identifier: Apache-2.0 */
#include "glue.h"

#include <string.h>

typedef struct {
    PyObject_HEAD
    uint8_t *octets;
    Py_ssize_t size;
} secret_object;

static PyObject *
allocate(PyTypeObject *type, size_t size)
{
    secret_object *self;

    if (size > (size_t)PY_SSIZE_T_MAX)
        return PyErr_NoMemory();
    if ((self = (secret_object *)object_alloc(type)) == NULL)
        return NULL;
    if ((self->octets = chipid_secret_new(size)) == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    self->size = (Py_ssize_t)size;
    return (PyObject *)self;
}

PyObject *
secret_output(module_state *state, size_t size, chipid_buffer *out)
{
    PyObject *self = allocate(state->secret, size);

    if (self != NULL)
        *out = (chipid_buffer){((secret_object *)self)->octets, size, 0};
    return self;
}

PyObject *
secret_from(module_state *state, chipid_bytes octets)
{
    PyObject *self = allocate(state->secret, octets.size);

    if (self != NULL && octets.size > 0)
        memcpy(((secret_object *)self)->octets, octets.data, octets.size);
    return self;
}

static PyObject *
secret_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *data, *self = NULL;
    views held = {0};
    chipid_bytes octets;

    if (kwargs != NULL && PyDict_Size(kwargs) > 0) {
        PyErr_SetString(PyExc_TypeError, "Secret takes no keyword arguments");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "O:Secret", &data))
        return NULL;
    if (views_add(&held, data, &octets) == 0 && (self = allocate(type, octets.size)) != NULL && octets.size > 0)
        memcpy(((secret_object *)self)->octets, octets.data, octets.size);
    views_release(&held);
    return self;
}

static void
secret_dealloc(PyObject *object)
{
    secret_object *self = (secret_object *)object;

    chipid_secret_free(self->octets, (size_t)self->size);
    object_free(object);
}

static Py_ssize_t
secret_length(PyObject *self)
{
    return ((secret_object *)self)->size;
}

static PyObject *
secret_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<Secret of %zd octets>", ((secret_object *)self)->size);
}

static int
secret_getbuffer(PyObject *object, Py_buffer *view, int flags)
{
    secret_object *self = (secret_object *)object;

    return PyBuffer_FillInfo(view, object, self->octets, self->size, 1, flags);
}

static PyObject *
secret_compare(PyObject *a, PyObject *b, int operation)
{
    views held = {0};
    chipid_bytes octets[2];
    PyObject *const both[2] = {a, b};
    PyObject *result = NULL;

    if ((operation != Py_EQ && operation != Py_NE) || !PyObject_CheckBuffer(b))
        Py_RETURN_NOTIMPLEMENTED;
    if (views_add_all(&held, both, 2, octets) == 0)
        result = PyBool_FromLong(chipid_equal(octets[0], octets[1]) == (operation == Py_EQ));
    views_release(&held);
    return result;
}

PyDoc_STRVAR(secret_doc, "Octets that are wiped when the object goes; equality is constant-time; ``repr`` shows the length alone.");

/* Comparison without a hash slot makes it unhashable, as it should be: a hash would be a function of the secret. */
static PyType_Slot secret_slots[] = {
    {Py_tp_doc, (void *)secret_doc},
    {Py_tp_new, (void *)secret_new},
    {Py_tp_dealloc, (void *)secret_dealloc},
    {Py_tp_repr, (void *)secret_repr},
    {Py_tp_richcompare, (void *)secret_compare},
    {Py_sq_length, (void *)secret_length},
    {Py_bf_getbuffer, (void *)secret_getbuffer},
    {0, NULL},
};

PyType_Spec secret_spec = {
    .name = "chipid._native.Secret",
    .basicsize = sizeof(secret_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = secret_slots,
};
