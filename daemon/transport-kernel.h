/* SPDX-License-Identifier: MIT */
/* The kernel transport: for kernels that have sendfd() (common/sendfd.h, kernel/). */
#pragma once

#include "transport.h"

/* Returns: 0; -ENOSYS: this kernel hasn't the call. */
int transport_kernel_new(Manager *manager, Transport **ret);
