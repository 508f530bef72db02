/* SPDX-License-Identifier: MIT */
/* What only several units together show: what `bellhopctl verify` looks at beyond each file. */
#pragma once

#include "diagnostics.h"
#include "settings.h"
#include "unit-path.h"

/* Checks units against each other and against their neighbours in the search path: a service that
 * isn't there, an address or a name that is used twice, a cycle in the order, a file that can't be
 * read. Each finding is added to diagnostics, with the line where the key stands. */
void unit_verify(const UnitPath *path, UnitSettings *const *units, size_t count,
                 Diagnostics *diagnostics);
