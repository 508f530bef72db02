/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of sendfd() that use the harness include. */

#ifndef SELFTEST_SENDFD_TEST_H
#define SELFTEST_SENDFD_TEST_H

#include "sendfd.h"
#include "../kselftest_harness.h"

/* A debug kernel in an emulator on a busy machine needs more than 30 seconds. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 240

#endif /* SELFTEST_SENDFD_TEST_H */
