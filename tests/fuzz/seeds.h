/* SPDX-License-Identifier: MIT */
/* Seeds made from the directive table, so that every key is a fuzzer's from the day it has a row.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* name is a file's, unique. */
typedef void (*SeedTaker)(const char *name, const uint8_t *data, size_t size, void *userdata);

/* Those of fuzz-unit-file: all keys of a section, each with a few values. */
void seeds_of_files(SeedTaker take, void *userdata);

/* Those of fuzz-values: two bytes that choose a row, and a value. */
void seeds_of_values(SeedTaker take, void *userdata);
