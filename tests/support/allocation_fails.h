/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The n-th allocation of our own code fails. The linker puts these functions in the
 * place of malloc(), calloc(), realloc(), strdup() and free() wherever the rooms call
 * them (--wrap); the libraries keep theirs. So every way out of want of memory can be
 * gone through, one by one, in every build and under every sanitizer.
 */
#ifndef SUPPORT_ALLOCATION_FAILS_H
#define SUPPORT_ALLOCATION_FAILS_H

#include <stdbool.h>

/* From now on the nth allocation (from 1) fails, once. */
void allocation_fails_at(unsigned nth);
/* Ends that; whether it came to the allocation. A test raises nth until it did not:
 *   for (unsigned nth = 1; failed; nth++) {
 *     allocation_fails_at(nth);
 *     ...
 *     failed = allocation_did_fail();
 *   } */
bool allocation_did_fail(void);
/* Blocks allocated minus blocks freed since the process began. */
long allocations_alive(void);

#endif
