/* SPDX-License-Identifier: MIT */
/* The rule for item names, the same for whoever writes or reads one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* 1 to BELLHOP_NAME_MAX printable ASCII characters other than ':' (FileDescriptorName= in
 * systemd.socket(5)). length excludes any NUL; a NUL inside makes it invalid. */
bool item_name_is_valid(const char *name, size_t length);
