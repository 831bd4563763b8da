/* SPDX-License-Identifier: Apache-2.0 */
#include "glue.h"

typedef struct {
    PyObject_HEAD
    chipid_dh *dh;
} dh_object;

static const chipid_dh *
dh(PyObject *self)
{
    return ((dh_object *)self)->dh;
}

/* Owns made. */
static PyObject *
wrap(module_state *state, chipid_status status, chipid_dh *made)
{
    dh_object *self;

    if (status != CHIPID_OK)
        return refuse(state, status, NO_OFFSET);
    if ((self = (dh_object *)object_alloc(state->dh_domain)) == NULL) {
        chipid_dh_free(made);
        return NULL;
    }
    self->dh = made;
    return (PyObject *)self;
}

/* Refuses by itself: with no constructor at all, pickle's old protocols would write an empty object. */
static PyObject *
dh_new(PyTypeObject *Py_UNUSED(type), PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    PyErr_SetString(PyExc_TypeError, "a DhDomain is made by DhDomain.standardised or DhDomain.explicit");
    return NULL;
}

static void
dh_dealloc(PyObject *self)
{
    chipid_dh_free(((dh_object *)self)->dh);
    object_free(self);
}

static PyObject *
dh_standardised(PyObject *type, PyObject *parameter_id)
{
    module_state *state = PyType_GetModuleState((PyTypeObject *)type);
    chipid_dh *made = NULL;
    chipid_status status;
    int overflow = 0;
    long number = PyLong_AsLongAndOverflow(parameter_id, &overflow);

    if (number == -1 && overflow == 0 && PyErr_Occurred())
        return NULL;
    if (overflow != 0 || number < 0 || number > INT_MAX)
        return refuse(state, CHIPID_DH_PARAMETERS, NO_OFFSET);
    status = chipid_dh_standardised(state->core, (unsigned)number, &made);
    return wrap(state, status, made);
}

static PyObject *
dh_explicit(PyObject *type, PyObject *const *args, Py_ssize_t count)
{
    module_state *state = PyType_GetModuleState((PyTypeObject *)type);
    chipid_bytes in[3]; /* p, g, q */
    chipid_dh *made = NULL;
    chipid_status status;
    views held = {0};
    PyObject *domain = NULL;
    int given;

    if (check_count("explicit", count, 3, 3) != 0)
        return NULL;
    given = Py_IsNone(args[2]) ? 2 : 3;
    if (views_add_all(&held, args, given, in) == 0) {
        Py_BEGIN_ALLOW_THREADS
        status = chipid_dh_explicit(state->core, in[0], in[1], given == 3 ? &in[2] : NULL, &made);
        Py_END_ALLOW_THREADS
        domain = wrap(state, status, made);
    }
    views_release(&held);
    return domain;
}

/* Attributes -------------------------------------------------------------------------------------------------------------- */

static PyObject *
number(PyObject *self, chipid_dh_number which)
{
    uint8_t octets[CHIPID_DH_MAX];
    chipid_buffer out = {octets, sizeof octets, 0};
    chipid_status status = chipid_dh_get(dh(self), which, &out);

    if (status != CHIPID_OK)
        return refuse(state_of(self), status, NO_OFFSET);
    return bytes_from((chipid_bytes){out.data, out.size});
}

static PyObject *
dh_get_name(PyObject *self, void *Py_UNUSED(closure))
{
    return PyUnicode_FromString(chipid_dh_name(dh(self)));
}

static PyObject *
dh_get_mapped(PyObject *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(chipid_dh_mapped(dh(self)));
}

static PyObject *
dh_get_size(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromSize_t(chipid_dh_size(dh(self)));
}

static PyObject *
dh_get_order(PyObject *self, void *Py_UNUSED(closure))
{
    return number(self, CHIPID_DH_Q);
}

static PyObject *
dh_get_generator(PyObject *self, void *Py_UNUSED(closure))
{
    return number(self, CHIPID_DH_G);
}

static PyObject *
dh_get_parameters(PyObject *self, void *Py_UNUSED(closure))
{
    PyObject *p = number(self, CHIPID_DH_P), *g = number(self, CHIPID_DH_G), *q = number(self, CHIPID_DH_Q);
    PyObject *all = NULL;

    if (p != NULL && g != NULL && q != NULL)
        all = PyTuple_Pack(3, p, g, q);
    Py_XDECREF(p);
    Py_XDECREF(g);
    Py_XDECREF(q);
    return all;
}

static PyObject *
dh_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<DhDomain %s%s>", chipid_dh_name(dh(self)), chipid_dh_mapped(dh(self)) ? ", mapped" : "");
}

/* Operations: the inputs stay pinned by their views while the GIL is released. -------------------------------------------- */

/* What op makes of one input. */
static PyObject *
one_input(PyObject *self, PyObject *argument, chipid_status (*op)(const chipid_dh *, chipid_bytes, chipid_buffer *))
{
    chipid_bytes octets;
    chipid_status status;
    views held = {0};
    output result;
    PyObject *bytes = NULL;

    if (views_add(&held, argument, &octets) == 0 && output_start(&result, chipid_dh_size(dh(self))) == 0) {
        Py_BEGIN_ALLOW_THREADS
        status = op(dh(self), octets, &result.out);
        Py_END_ALLOW_THREADS
        bytes = output_finish(state_of(self), status, &result);
    }
    views_release(&held);
    return bytes;
}

static PyObject *
dh_check_element(PyObject *self, PyObject *element)
{
    return one_input(self, element, chipid_dh_check_element);
}

static PyObject *
dh_public_key(PyObject *self, PyObject *private_key)
{
    return one_input(self, private_key, chipid_dh_public_key);
}

static PyObject *
dh_agree(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    module_state *state = state_of(self);
    chipid_bytes in[2]; /* private, peer */
    chipid_buffer out;
    chipid_status status;
    views held = {0};
    PyObject *secret = NULL;

    if (check_count("agree", count, 2, 2) != 0)
        return NULL;
    if (views_add_all(&held, args, 2, in) != 0 || (secret = secret_output(state, chipid_dh_size(dh(self)), &out)) == NULL)
        goto fail;
    Py_BEGIN_ALLOW_THREADS
    status = chipid_dh_agree(dh(self), in[0], in[1], &out);
    Py_END_ALLOW_THREADS
    if (status != CHIPID_OK) {
        refuse(state, status, NO_OFFSET);
        Py_CLEAR(secret);
    }
fail:
    views_release(&held);
    return secret;
}

static PyObject *
dh_agree_element(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    chipid_bytes in[2]; /* private, peer */
    chipid_status status;
    views held = {0};
    output result;
    PyObject *bytes = NULL;

    if (check_count("agree_element", count, 2, 2) != 0)
        return NULL;
    if (views_add_all(&held, args, 2, in) == 0 && output_start(&result, chipid_dh_size(dh(self))) == 0) {
        Py_BEGIN_ALLOW_THREADS
        status = chipid_dh_agree_element(dh(self), in[0], in[1], &result.out);
        Py_END_ALLOW_THREADS
        bytes = output_finish(state_of(self), status, &result);
    }
    views_release(&held);
    return bytes;
}

static PyObject *
dh_map_generic(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    chipid_bytes in[2]; /* nonce, h */
    chipid_dh *mapped = NULL;
    chipid_status status;
    views held = {0};
    PyObject *domain = NULL;

    if (check_count("map_generic", count, 2, 2) != 0)
        return NULL;
    if (views_add_all(&held, args, 2, in) == 0) {
        Py_BEGIN_ALLOW_THREADS
        status = chipid_dh_map_generic(dh(self), in[0], in[1], &mapped);
        Py_END_ALLOW_THREADS
        domain = wrap(state_of(self), status, mapped);
    }
    views_release(&held);
    return domain;
}

static PyObject *
dh_map_integrated(PyObject *self, PyObject *random)
{
    chipid_bytes octets;
    chipid_dh *mapped = NULL;
    chipid_status status;
    views held = {0};
    PyObject *domain = NULL;

    if (views_add(&held, random, &octets) == 0) {
        Py_BEGIN_ALLOW_THREADS
        status = chipid_dh_map_integrated(dh(self), octets, &mapped);
        Py_END_ALLOW_THREADS
        domain = wrap(state_of(self), status, mapped);
    }
    views_release(&held);
    return domain;
}

/* Class methods, since a static method could not find the module's state. */
static PyMethodDef dh_methods[] = {
    {"standardised", dh_standardised, METH_O | METH_CLASS,
     PyDoc_STR("standardised($type, parameter_id, /)\n--\n\nA group by its parameter ID, 0-2 (ICAO 9303-11 §9.5.1).")},
    {"explicit", FASTCALL(dh_explicit), METH_FASTCALL | METH_CLASS,
     PyDoc_STR("explicit($type, p, g, q, /)\n--\n\nThe group of these parameters, checked; q may be None.")},
    {"check_element", dh_check_element, METH_O,
     PyDoc_STR("check_element($self, value, /)\n--\n\nThe element, validated, without leading zeros.")},
    {"public_key", dh_public_key, METH_O,
     PyDoc_STR("public_key($self, private, /)\n--\n\ngenerator^private mod p, without leading zeros.")},
    {"agree", FASTCALL(dh_agree), METH_FASTCALL,
     PyDoc_STR("agree($self, private, peer, /)\n--\n\npeer^private mod p, as long as p.")},
    {"agree_element", FASTCALL(dh_agree_element), METH_FASTCALL,
     PyDoc_STR("agree_element($self, private, peer, /)\n--\n\npeer^private mod p, without leading zeros.")},
    {"map_generic", FASTCALL(dh_map_generic), METH_FASTCALL,
     PyDoc_STR("map_generic($self, nonce, h, /)\n--\n\nThe same group with generator g^nonce·h (ICAO 9303-11 §4.4.3.3.1).")},
    {"map_integrated", dh_map_integrated, METH_O,
     PyDoc_STR("map_integrated($self, random_octets, /)\n--\n\nThe same group with generator R^((p-1)/q) (ICAO 9303-11 §4.4.3.3.2).")},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef dh_getset[] = {
    {"name", dh_get_name, NULL, PyDoc_STR("The group's name; modp<bits> where it is not a standardised one."), NULL},
    {"mapped", dh_get_mapped, NULL, PyDoc_STR("Whether the generator came out of a mapping."), NULL},
    {"size", dh_get_size, NULL, PyDoc_STR("Octets of p."), NULL},
    {"order", dh_get_order, NULL, PyDoc_STR("q, the order of the generator; empty where unknown."), NULL},
    {"generator", dh_get_generator, NULL, PyDoc_STR("The generator, without leading zeros."), NULL},
    {"parameters", dh_get_parameters, NULL, PyDoc_STR("p, g, q."), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(dh_doc, "A subgroup of GF(p), possibly with a mapped generator (ICAO 9303-11 §4.4.3.3).");

static PyType_Slot dh_slots[] = {
    {Py_tp_doc, (void *)dh_doc},   {Py_tp_new, (void *)dh_new},         {Py_tp_dealloc, (void *)dh_dealloc},
    {Py_tp_repr, (void *)dh_repr}, {Py_tp_methods, (void *)dh_methods}, {Py_tp_getset, (void *)dh_getset},
    {0, NULL},
};

PyType_Spec dh_domain_spec = {
    .name = "chipid._native.DhDomain",
    .basicsize = sizeof(dh_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = dh_slots,
};
