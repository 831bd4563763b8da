/* SPDX-License-Identifier: Apache-2.0 */
#include "glue.h"

#include <pythread.h>

/* From here on the crypto costs more than giving up the GIL and taking it back. */
#define LARGE_MESSAGE 4096u

typedef struct {
    PyObject_HEAD
    chipid_sm *session;
    PyThread_type_lock lock; /* one thread at a time: large messages run without the GIL */
} sm_object;

typedef chipid_status (*message_function)(chipid_sm *, chipid_bytes, chipid_buffer *);

static void
enter(sm_object *self)
{
    if (PyThread_acquire_lock(self->lock, NOWAIT_LOCK))
        return;
    Py_BEGIN_ALLOW_THREADS
    PyThread_acquire_lock(self->lock, WAIT_LOCK);
    Py_END_ALLOW_THREADS
}

static void
leave(sm_object *self)
{
    PyThread_release_lock(self->lock);
}

static PyObject *
sm_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    module_state *state = PyType_GetModuleState(type);
    PyObject *cipher_name, *arg[3]; /* ks_enc, ks_mac, ssc */
    chipid_bytes in[3];
    chipid_cipher cipher;
    chipid_status status;
    sm_object *self = NULL;
    views held = {0};

    if (kwargs != NULL && PyDict_Size(kwargs) > 0) {
        PyErr_SetString(PyExc_TypeError, "SecureMessaging takes no keyword arguments");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "OOOO:SecureMessaging", &cipher_name, &arg[0], &arg[1], &arg[2]))
        return NULL;
    if (cipher_of(state, cipher_name, &cipher) != 0 || views_add_all(&held, arg, 3, in) != 0)
        goto fail;
    if ((self = (sm_object *)object_alloc(type)) == NULL)
        goto fail;
    if ((self->lock = PyThread_allocate_lock()) == NULL) {
        PyErr_NoMemory();
        Py_CLEAR(self);
        goto fail;
    }
    if ((status = chipid_sm_new(state->core, cipher, in[0], in[1], in[2], &self->session)) != CHIPID_OK) {
        refuse(state, status, NO_OFFSET);
        Py_CLEAR(self);
    }
fail:
    views_release(&held);
    return (PyObject *)self;
}

static void
sm_dealloc(PyObject *object)
{
    sm_object *self = (sm_object *)object;

    chipid_sm_free(self->session);
    if (self->lock != NULL)
        PyThread_free_lock(self->lock);
    object_free(object);
}

/*
 * Without the GIL another thread could write into a mutable buffer between the check of its MAC and its decryption: only bytes are
 * worked on then.
 */
static PyObject *
run(PyObject *object, PyObject *message, message_function function)
{
    sm_object *self = (sm_object *)object;
    views held = {0};
    chipid_bytes in;
    chipid_status status;
    output result;
    PyObject *bytes = NULL;

    if (views_add(&held, message, &in) != 0)
        return NULL;
    if (output_start(&result, in.size + CHIPID_SM_OVERHEAD) == 0) {
        enter(self);
        if (in.size >= LARGE_MESSAGE && PyBytes_CheckExact(message)) {
            Py_BEGIN_ALLOW_THREADS
            status = function(self->session, in, &result.out);
            Py_END_ALLOW_THREADS
        } else {
            status = function(self->session, in, &result.out);
        }
        leave(self);
        bytes = output_finish(state_of(object), status, &result);
    }
    views_release(&held);
    return bytes;
}

static PyObject *
sm_protect_command(PyObject *self, PyObject *apdu)
{
    return run(self, apdu, chipid_sm_protect_command);
}

static PyObject *
sm_unprotect_command(PyObject *self, PyObject *apdu)
{
    return run(self, apdu, chipid_sm_unprotect_command);
}

static PyObject *
sm_protect_response(PyObject *self, PyObject *response)
{
    return run(self, response, chipid_sm_protect_response);
}

static PyObject *
sm_unprotect_response(PyObject *self, PyObject *response)
{
    return run(self, response, chipid_sm_unprotect_response);
}

static PyObject *
sm_close(PyObject *object, PyObject *Py_UNUSED(none))
{
    sm_object *self = (sm_object *)object;

    enter(self);
    chipid_sm_close(self->session);
    leave(self);
    Py_RETURN_NONE;
}

static PyObject *
sm_get_ssc(PyObject *object, void *Py_UNUSED(closure))
{
    sm_object *self = (sm_object *)object;
    PyObject *ssc;

    enter(self);
    ssc = bytes_from(chipid_sm_ssc(self->session));
    leave(self);
    return ssc;
}

static int
sm_set_ssc(PyObject *object, PyObject *value, void *Py_UNUSED(closure))
{
    sm_object *self = (sm_object *)object;
    chipid_status status;
    chipid_bytes ssc;
    views held = {0};

    if (value == NULL) {
        PyErr_SetString(PyExc_TypeError, "the SSC cannot be deleted");
        return -1;
    }
    if (views_add(&held, value, &ssc) != 0)
        return -1;
    enter(self);
    status = chipid_sm_set_ssc(self->session, ssc);
    leave(self);
    views_release(&held);
    if (status == CHIPID_OK)
        return 0;
    refuse(state_of(object), status, NO_OFFSET);
    return -1;
}

static PyObject *
sm_get_cipher(PyObject *object, void *Py_UNUSED(closure))
{
    return PyUnicode_FromString(chipid_cipher_name(chipid_sm_cipher(((sm_object *)object)->session)));
}

static PyObject *
sm_get_closed(PyObject *object, void *Py_UNUSED(closure))
{
    sm_object *self = (sm_object *)object;
    bool closed;

    enter(self);
    closed = chipid_sm_closed(self->session);
    leave(self);
    return PyBool_FromLong(closed);
}

static PyObject *
sm_repr(PyObject *object)
{
    return PyUnicode_FromFormat("<SecureMessaging %s>", chipid_cipher_name(chipid_sm_cipher(((sm_object *)object)->session)));
}

static PyMethodDef sm_methods[] = {
    {"protect_command", sm_protect_command, METH_O,
     PyDoc_STR("protect_command($self, apdu, /)\n--\n\nThe terminal's command, protected (ICAO 9303-11 §9.8.4).")},
    {"unprotect_command", sm_unprotect_command, METH_O,
     PyDoc_STR("unprotect_command($self, apdu, /)\n--\n\nThe chip's view of a protected command, in the clear.")},
    {"protect_response", sm_protect_response, METH_O,
     PyDoc_STR("protect_response($self, response, /)\n--\n\nThe chip's response, protected (ICAO 9303-11 §9.8.5).")},
    {"unprotect_response", sm_unprotect_response, METH_O,
     PyDoc_STR("unprotect_response($self, response, /)\n--\n\nThe terminal's view of a protected response, in the clear.")},
    {"close", sm_close, METH_NOARGS, PyDoc_STR("close($self, /)\n--\n\nWipe the keys; every later message fails with sm-closed.")},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef sm_getset[] = {
    {"ssc", sm_get_ssc, sm_set_ssc, PyDoc_STR("The send sequence counter, as long as a block."), NULL},
    {"cipher", sm_get_cipher, NULL, PyDoc_STR("The cipher's name."), NULL},
    {"closed", sm_get_closed, NULL, PyDoc_STR("Whether the keys are gone."), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(sm_doc, "One session of secure messaging (ICAO 9303-11 §9.8), role-free.");

static PyType_Slot sm_slots[] = {
    {Py_tp_doc, (void *)sm_doc},         {Py_tp_new, (void *)sm_new},       {Py_tp_dealloc, (void *)sm_dealloc},
    {Py_tp_repr, (void *)sm_repr},       {Py_tp_methods, (void *)sm_methods}, {Py_tp_getset, (void *)sm_getset},
    {0, NULL},
};

PyType_Spec secure_messaging_spec = {
    .name = "chipid._native.SecureMessaging",
    .basicsize = sizeof(sm_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = sm_slots,
};
