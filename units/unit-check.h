/* SPDX-License-Identifier: MIT */
/* What can be said of a unit only when all of its lines are known. */
#pragma once

#include "directive.h"

/* Puts in what depends on several lines (names of Listen= lines, default seals, lists without
 * duplicates) and checks that the whole makes sense; what doesn't is added to the context's
 * diagnostics. The context's line and key don't matter. */
void unit_check(const DirectiveContext *context);
