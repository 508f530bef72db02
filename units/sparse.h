/* SPDX-License-Identifier: MIT */
/* The values of keys that few units give: kept beside the settings, so that a unit pays for what
 * its file says only. There are hundreds of such keys. */
#pragma once

#include "directive.h"

/* The field as it was given, or NULL. */
void *sparse_find(const UnitSettings *settings, const Directive *directive);

/* The same; when it wasn't given, a new one with the default in it. */
void *sparse_make(UnitSettings *settings, const Directive *directive);

/* Back to the default. */
void sparse_remove(UnitSettings *settings, const Directive *directive);

/* Frees all of them. */
void sparse_done(UnitSettings *settings);

/* Whether what either gives has the same value in both, given or by default. */
bool sparse_equal(const UnitSettings *a, const UnitSettings *b);
