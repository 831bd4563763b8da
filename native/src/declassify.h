/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks where a secret's consequence becomes public by the protocol's own nature: a refusal, the length of an answer. It does nothing,
 * save in the build that test_secrets.c runs under valgrind, where each branch and each address that depends on a secret is an error
 * unless it has passed through here.
 */
#ifndef CHIPID_DECLASSIFY_H
#define CHIPID_DECLASSIFY_H

#ifdef CHIPID_MEMCHECK
#include <valgrind/memcheck.h>
#define DECLASSIFY(variable) ((void)VALGRIND_MAKE_MEM_DEFINED(&(variable), sizeof(variable)))
#else
#define DECLASSIFY(variable) ((void)(variable))
#endif

#endif
