/* SPDX-License-Identifier: Apache-2.0 */
#include "glue.h"

static int
add_type(PyObject *module, PyType_Spec *spec, PyTypeObject **type)
{
    *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    return *type == NULL ? -1 : PyModule_AddType(module, *type);
}

/* typing.Literal of the names, under the name that the .pyi gives it: annotations may be evaluated. */
static int
add_literal(PyObject *module, const char *name, PyObject *names)
{
    PyObject *typing = PyImport_ImportModule("typing"), *literal = NULL, *alias = NULL;
    int ok = -1;

    if (typing != NULL && names != NULL && (literal = PyObject_GetAttrString(typing, "Literal")) != NULL)
        alias = PyObject_GetItem(literal, names);
    if (alias != NULL)
        ok = PyModule_AddObjectRef(module, name, alias);
    Py_XDECREF(alias);
    Py_XDECREF(literal);
    Py_XDECREF(typing);
    Py_XDECREF(names);
    return ok;
}

static int
module_exec(PyObject *module)
{
    module_state *state = state_of_module(module);
    chipid_status status;

    if ((state->native_error = native_error_new()) == NULL ||
        PyModule_AddObjectRef(module, "NativeError", state->native_error) != 0)
        return -1;
    if ((status = chipid_core_new(&state->core)) != CHIPID_OK) {
        refuse(state, status, NO_OFFSET);
        return -1;
    }
    if (add_type(module, &secret_spec, &state->secret) != 0 ||
        add_type(module, &secure_messaging_spec, &state->secure_messaging) != 0 ||
        add_type(module, &ec_domain_spec, &state->ec_domain) != 0 || add_type(module, &dh_domain_spec, &state->dh_domain) != 0)
        return -1;
    if (add_literal(module, "Cipher", Py_BuildValue("(ssss)", "3DES", "AES-128", "AES-192", "AES-256")) != 0 ||
        add_literal(module, "Hash", Py_BuildValue("(sssss)", "sha1", "sha224", "sha256", "sha384", "sha512")) != 0)
        return -1;
    return PyModule_AddStringConstant(module, "OPENSSL_VERSION", chipid_openssl_version());
}

static int
module_traverse(PyObject *module, visitproc visit, void *arg)
{
    module_state *state = state_of_module(module);

    Py_VISIT(state->native_error);
    Py_VISIT(state->secret);
    Py_VISIT(state->secure_messaging);
    Py_VISIT(state->ec_domain);
    Py_VISIT(state->dh_domain);
    return 0;
}

static int
module_clear(PyObject *module)
{
    module_state *state = state_of_module(module);

    Py_CLEAR(state->native_error);
    Py_CLEAR(state->secret);
    Py_CLEAR(state->secure_messaging);
    Py_CLEAR(state->ec_domain);
    Py_CLEAR(state->dh_domain);
    return 0;
}

static void
module_free(void *module)
{
    module_state *state = state_of_module(module);

    (void)module_clear(module);
    chipid_core_free(state->core); /* sessions and domains that outlive the module share the core */
    state->core = NULL;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)module_exec}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "chipid._native",
    .m_doc = "The C core of chipid over OpenSSL's libcrypto.",
    .m_size = sizeof(module_state),
    .m_methods = function_table,
    .m_slots = slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC
PyInit__native(void)
{
    return PyModuleDef_Init(&definition);
}
