/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "core.h"

/* The prime curves that Doc 9303 part 12 §4.1.6 and BSI TR-03110-3 §A.2.1.1 allow or have allowed; all with cofactor 1. */
static const struct {
    const char *name, *openssl_name;
    int nid;
} known[CURVE_COUNT] = {
    {"secp192r1", SN_X9_62_prime192v1, NID_X9_62_prime192v1},
    {"secp224r1", SN_secp224r1, NID_secp224r1},
    {"secp256r1", SN_X9_62_prime256v1, NID_X9_62_prime256v1},
    {"secp384r1", SN_secp384r1, NID_secp384r1},
    {"secp521r1", SN_secp521r1, NID_secp521r1},
    {"brainpoolP160r1", SN_brainpoolP160r1, NID_brainpoolP160r1},
    {"brainpoolP192r1", SN_brainpoolP192r1, NID_brainpoolP192r1},
    {"brainpoolP224r1", SN_brainpoolP224r1, NID_brainpoolP224r1},
    {"brainpoolP256r1", SN_brainpoolP256r1, NID_brainpoolP256r1},
    {"brainpoolP320r1", SN_brainpoolP320r1, NID_brainpoolP320r1},
    {"brainpoolP384r1", SN_brainpoolP384r1, NID_brainpoolP384r1},
    {"brainpoolP512r1", SN_brainpoolP512r1, NID_brainpoolP512r1},
};

static bool
build(OSSL_LIB_CTX *lib, int nid, curve *made)
{
    made->group = EC_GROUP_new_by_curve_name_ex(lib, NULL, nid);
    made->p = BN_new();
    made->a = BN_new();
    made->b = BN_new();
    if (made->group == NULL || made->p == NULL || made->a == NULL || made->b == NULL)
        return false;
    return EC_GROUP_get_curve(made->group, made->p, made->a, made->b, NULL) == 1 && BN_is_one(EC_GROUP_get0_cofactor(made->group));
}

chipid_status
curves_build(chipid_core *core)
{
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        if (!build(core->lib, known[i].nid, &core->curves[i]))
            return CHIPID_CRYPTO;
    }
    return CHIPID_OK;
}

void
curves_free(chipid_core *core)
{
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        EC_GROUP_free(core->curves[i].group);
        BN_free(core->curves[i].p);
        BN_free(core->curves[i].a);
        BN_free(core->curves[i].b);
    }
}

const char *
curve_name(size_t index)
{
    return known[index].name;
}

const char *
curve_openssl_name(size_t index)
{
    return known[index].openssl_name;
}

bool
curve_named(const char *name, size_t *index)
{
    for (size_t i = 0; i < CURVE_COUNT; i++) {
        if (strcmp(name, known[i].name) == 0) {
            *index = i;
            return true;
        }
    }
    return false;
}
