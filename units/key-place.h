/* SPDX-License-Identifier: MIT */
/* Where a key of a unit stands. Settings don't remember lines, so the files are read once more:
 * only for what is wrong. */
#pragma once

#include "directive.h"

/* @key: as of today; a line may have an old name of it
 * @value: a word of the line; NULL: any
 * @ret_key: (borrowed, from the table) the key as it is there; NULL: nowhere
 *
 * Returns: the last such line; line 0: it stands nowhere, so it goes without saying. */
DirectivePlace key_place(const UnitSettings *unit, const char *key, const char *value,
                         const char **ret_key);
