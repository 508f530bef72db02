/* SPDX-License-Identifier: MIT */
/* The one thing that only an instruction tells: who signs as the hypervisor. One file per
 * architecture. */
#pragma once

/* The hypervisor's signature, up to 12 characters; "" where there is none to be had. */
void hypervisor_signature(char ret[13]);
