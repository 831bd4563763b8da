/* SPDX-License-Identifier: Apache-2.0 */
#include "glue.h"

typedef struct {
    PyObject_HEAD
    chipid_ec *ec;
} ec_object;

static const chipid_ec *
ec(PyObject *self)
{
    return ((ec_object *)self)->ec;
}

const chipid_ec *
ec_of(module_state *state, PyObject *object)
{
    if (Py_IS_TYPE(object, state->ec_domain))
        return ec(object);
    PyErr_SetString(PyExc_TypeError, "an EcDomain is needed");
    return NULL;
}

/* Owns made. */
static PyObject *
wrap(module_state *state, chipid_status status, chipid_ec *made)
{
    ec_object *self;

    if (status != CHIPID_OK)
        return refuse(state, status, NO_OFFSET);
    if ((self = (ec_object *)object_alloc(state->ec_domain)) == NULL) {
        chipid_ec_free(made);
        return NULL;
    }
    self->ec = made;
    return (PyObject *)self;
}

/* Refuses by itself: with no constructor at all, pickle's old protocols would write an empty object. */
static PyObject *
ec_new(PyTypeObject *Py_UNUSED(type), PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    PyErr_SetString(PyExc_TypeError, "an EcDomain is made by EcDomain.named or EcDomain.explicit");
    return NULL;
}

static void
ec_dealloc(PyObject *self)
{
    chipid_ec_free(((ec_object *)self)->ec);
    object_free(self);
}

static PyObject *
ec_named(PyObject *type, PyObject *name)
{
    module_state *state = PyType_GetModuleState((PyTypeObject *)type);
    const char *known = name_of(name);
    chipid_ec *made = NULL;
    chipid_status status;

    if (known == NULL)
        return NULL;
    status = chipid_ec_named(state->core, known, &made);
    return wrap(state, status, made);
}

static PyObject *
ec_explicit(PyObject *type, PyObject *const *args, Py_ssize_t count)
{
    module_state *state = PyType_GetModuleState((PyTypeObject *)type);
    chipid_bytes in[6]; /* p, a, b, G, n, h */
    chipid_ec *made = NULL;
    chipid_status status;
    views held = {0};
    PyObject *domain = NULL;
    int given;

    if (check_count("explicit", count, 6, 6) != 0)
        return NULL;
    given = Py_IsNone(args[5]) ? 5 : 6;
    if (views_add_all(&held, args, given, in) == 0) {
        status = chipid_ec_explicit(state->core, in[0], in[1], in[2], in[3], in[4], given == 6 ? &in[5] : NULL, &made);
        domain = wrap(state, status, made);
    }
    views_release(&held);
    return domain;
}

/* Attributes -------------------------------------------------------------------------------------------------------------- */

static PyObject *
number(PyObject *self, chipid_ec_number which)
{
    uint8_t octets[CHIPID_FIELD_MAX];
    chipid_buffer out = {octets, sizeof octets, 0};
    chipid_status status = chipid_ec_get(ec(self), which, &out);

    if (status != CHIPID_OK)
        return refuse(state_of(self), status, NO_OFFSET);
    return bytes_from((chipid_bytes){out.data, out.size});
}

static PyObject *
ec_get_name(PyObject *self, void *Py_UNUSED(closure))
{
    return PyUnicode_FromString(chipid_ec_name(ec(self)));
}

static PyObject *
ec_get_mapped(PyObject *self, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(chipid_ec_mapped(ec(self)));
}

static PyObject *
ec_get_field_size(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromSize_t(chipid_ec_field_size(ec(self)));
}

static PyObject *
ec_get_order(PyObject *self, void *Py_UNUSED(closure))
{
    return number(self, CHIPID_EC_ORDER);
}

static PyObject *
ec_get_generator(PyObject *self, void *Py_UNUSED(closure))
{
    uint8_t octets[CHIPID_POINT_MAX];
    chipid_buffer out = {octets, sizeof octets, 0};
    chipid_status status = chipid_ec_generator(ec(self), &out);

    if (status != CHIPID_OK)
        return refuse(state_of(self), status, NO_OFFSET);
    return bytes_from((chipid_bytes){out.data, out.size});
}

static PyObject *
ec_get_parameters(PyObject *self, void *Py_UNUSED(closure))
{
    PyObject *p = number(self, CHIPID_EC_P), *a = number(self, CHIPID_EC_A), *b = number(self, CHIPID_EC_B);
    PyObject *g = ec_get_generator(self, NULL), *n = number(self, CHIPID_EC_ORDER);
    PyObject *all = NULL;

    if (p != NULL && a != NULL && b != NULL && g != NULL && n != NULL)
        all = Py_BuildValue("(OOOOOI)", p, a, b, g, n, chipid_ec_cofactor(ec(self)));
    Py_XDECREF(p);
    Py_XDECREF(a);
    Py_XDECREF(b);
    Py_XDECREF(g);
    Py_XDECREF(n);
    return all;
}

static PyObject *
ec_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<EcDomain %s%s>", chipid_ec_name(ec(self)), chipid_ec_mapped(ec(self)) ? ", mapped" : "");
}

/* Operations: the inputs stay pinned by their views while the GIL is released. -------------------------------------------- */

/* What op makes of one input. */
static PyObject *
one_input(PyObject *self, PyObject *argument, chipid_status (*op)(const chipid_ec *, chipid_bytes, chipid_buffer *))
{
    chipid_bytes octets;
    chipid_status status;
    views held = {0};
    output result;
    PyObject *bytes = NULL;

    if (views_add(&held, argument, &octets) == 0 && output_start(&result, CHIPID_POINT_MAX) == 0) {
        Py_BEGIN_ALLOW_THREADS
        status = op(ec(self), octets, &result.out);
        Py_END_ALLOW_THREADS
        bytes = output_finish(state_of(self), status, &result);
    }
    views_release(&held);
    return bytes;
}

static PyObject *
ec_check_point(PyObject *self, PyObject *point)
{
    return one_input(self, point, chipid_ec_check_point);
}

static PyObject *
ec_public_key(PyObject *self, PyObject *private_key)
{
    return one_input(self, private_key, chipid_ec_public_key);
}

static PyObject *
ec_agree(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    module_state *state = state_of(self);
    chipid_bytes in[2]; /* private, peer */
    chipid_buffer out;
    chipid_status status;
    views held = {0};
    PyObject *secret = NULL;

    if (check_count("agree", count, 2, 2) != 0)
        return NULL;
    if (views_add_all(&held, args, 2, in) != 0 || (secret = secret_output(state, chipid_ec_field_size(ec(self)), &out)) == NULL)
        goto fail;
    Py_BEGIN_ALLOW_THREADS
    status = chipid_ec_agree(ec(self), in[0], in[1], &out);
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
ec_agree_point(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    chipid_bytes in[2]; /* private, peer */
    chipid_status status;
    views held = {0};
    output result;
    PyObject *bytes = NULL;

    if (check_count("agree_point", count, 2, 2) != 0)
        return NULL;
    if (views_add_all(&held, args, 2, in) == 0 && output_start(&result, CHIPID_POINT_MAX) == 0) {
        Py_BEGIN_ALLOW_THREADS
        status = chipid_ec_agree_point(ec(self), in[0], in[1], &result.out);
        Py_END_ALLOW_THREADS
        bytes = output_finish(state_of(self), status, &result);
    }
    views_release(&held);
    return bytes;
}

static PyObject *
ec_map_generic(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    chipid_bytes in[2]; /* nonce, H */
    chipid_ec *mapped = NULL;
    chipid_status status;
    views held = {0};
    PyObject *domain = NULL;

    if (check_count("map_generic", count, 2, 2) != 0)
        return NULL;
    if (views_add_all(&held, args, 2, in) == 0) {
        Py_BEGIN_ALLOW_THREADS
        status = chipid_ec_map_generic(ec(self), in[0], in[1], &mapped);
        Py_END_ALLOW_THREADS
        domain = wrap(state_of(self), status, mapped);
    }
    views_release(&held);
    return domain;
}

static PyObject *
ec_map_integrated(PyObject *self, PyObject *random)
{
    chipid_bytes octets;
    chipid_ec *mapped = NULL;
    chipid_status status;
    views held = {0};
    PyObject *domain = NULL;

    if (views_add(&held, random, &octets) == 0) {
        Py_BEGIN_ALLOW_THREADS
        status = chipid_ec_map_integrated(ec(self), octets, &mapped);
        Py_END_ALLOW_THREADS
        domain = wrap(state_of(self), status, mapped);
    }
    views_release(&held);
    return domain;
}

/* Class methods, since a static method could not find the module's state. */
static PyMethodDef ec_methods[] = {
    {"named", ec_named, METH_O | METH_CLASS, PyDoc_STR("named($type, name, /)\n--\n\nA curve by its SECG or brainpool name.")},
    {"explicit", FASTCALL(ec_explicit), METH_FASTCALL | METH_CLASS,
     PyDoc_STR("explicit($type, p, a, b, g, n, h, /)\n--\n\nThe known curve with exactly these parameters.")},
    {"check_point", ec_check_point, METH_O, PyDoc_STR("check_point($self, point, /)\n--\n\nThe point, validated, uncompressed.")},
    {"public_key", ec_public_key, METH_O, PyDoc_STR("public_key($self, private, /)\n--\n\nprivate·G, uncompressed.")},
    {"agree", FASTCALL(ec_agree), METH_FASTCALL, PyDoc_STR("agree($self, private, peer, /)\n--\n\nx-coordinate of private·peer.")},
    {"agree_point", FASTCALL(ec_agree_point), METH_FASTCALL,
     PyDoc_STR("agree_point($self, private, peer, /)\n--\n\nprivate·peer, uncompressed.")},
    {"map_generic", FASTCALL(ec_map_generic), METH_FASTCALL,
     PyDoc_STR("map_generic($self, nonce, h, /)\n--\n\nThe same curve with generator nonce·G + H (ICAO 9303-11 §4.4.3.3.1).")},
    {"map_integrated", ec_map_integrated, METH_O,
     PyDoc_STR("map_integrated($self, random_octets, /)\n--\n\nThe same curve with generator f_G(R mod p) (ICAO 9303-11 §4.4.3.3.2).")},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef ec_getset[] = {
    {"name", ec_get_name, NULL, PyDoc_STR("The curve's name."), NULL},
    {"mapped", ec_get_mapped, NULL, PyDoc_STR("Whether the generator came out of a mapping."), NULL},
    {"field_size", ec_get_field_size, NULL, PyDoc_STR("Octets of a field element."), NULL},
    {"order", ec_get_order, NULL, PyDoc_STR("The group's order."), NULL},
    {"generator", ec_get_generator, NULL, PyDoc_STR("The generator, uncompressed."), NULL},
    {"parameters", ec_get_parameters, NULL, PyDoc_STR("p, a, b, G uncompressed, n, h."), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(ec_doc, "A prime-field group: a curve we know, possibly with a mapped generator (ICAO 9303-11 §4.4.3.3).");

static PyType_Slot ec_slots[] = {
    {Py_tp_doc, (void *)ec_doc},   {Py_tp_new, (void *)ec_new},         {Py_tp_dealloc, (void *)ec_dealloc},
    {Py_tp_repr, (void *)ec_repr}, {Py_tp_methods, (void *)ec_methods}, {Py_tp_getset, (void *)ec_getset},
    {0, NULL},
};

PyType_Spec ec_domain_spec = {
    .name = "chipid._native.EcDomain",
    .basicsize = sizeof(ec_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = ec_slots,
};
