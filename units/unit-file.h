/* SPDX-License-Identifier: MIT */
/* The syntax of a unit file: sections, keys and their whole values, one logical line at a time.
 *
 * The grammar is libinih's, the lines are ours: inih cuts a long value, takes " ;" for a comment
 * and knows no continuation. So it is fed "key=" by a reader of our own, which keeps the value and
 * the number of its line. What stands in a value is not looked at. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "diagnostics.h"

/* One assignment, or, with key NULL, the beginning of a section. The strings live until the parse
 * ends and may be written to. Returns, of a section, whether its lines are wanted: of one that
 * isn't nothing is looked at, nor wrong. */
typedef bool (*UnitFileHandler)(void *userdata, const char *section, const char *key, char *value,
                                unsigned int line);

/* Reads a regular file whole; never blocks on what isn't one.
 *
 * @is_regular: it was a moment ago, and needn't be looked at before it is opened
 * @ret_data: (g_free) with room for one more byte
 *
 * Returns: 0; -ENOENT (there is none, or it is a mask, which is a warning in diagnostics); -EBADMSG
 * what was wrong is in diagnostics. */
int unit_file_read(const char *file, bool is_regular, Diagnostics *diagnostics, char **ret_data,
                   size_t *ret_length);

/* The same, and takes it apart. -EBADMSG: the handler may have been called for the good lines. */
int unit_file_parse(const char *file, bool is_regular, Diagnostics *diagnostics,
                    UnitFileHandler handler, void *userdata);

/* The same from memory. data[length] is writable and gets a NUL; file is what messages call it. */
int unit_file_parse_data(const char *file, char *data, size_t length, Diagnostics *diagnostics,
                         UnitFileHandler handler, void *userdata);

/* Empty, or a link to /dev/null: the unit is there to say that there is none. */
bool unit_file_is_masked(int folder_fd, const char *name);
