/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the build that test_secrets.c runs under valgrind, where each branch and each address that depends on a secret is an error;
 * in every other build this does nothing.
 *
 * DECLASSIFY marks where a secret's consequence becomes public by the protocol's own nature: a refusal, the length of an answer.
 * CLASSIFY says that octets are secret still: what DES has read from its tables looks defined to memcheck.
 */
#ifndef CHIPID_SECRECY_H
#define CHIPID_SECRECY_H

#ifdef CHIPID_MEMCHECK
#include <valgrind/memcheck.h>
#define DECLASSIFY(variable) ((void)VALGRIND_MAKE_MEM_DEFINED(&(variable), sizeof(variable)))
#define CLASSIFY(data, size) ((void)VALGRIND_MAKE_MEM_UNDEFINED((data), (size)))
#else
#define DECLASSIFY(variable) ((void)(variable))
#define CLASSIFY(data, size) ((void)(data), (void)(size))
#endif

#endif
