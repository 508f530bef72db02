/* SPDX-License-Identifier: MIT */
/* What the measuring programs share: a clock, a folder of their own, a bellhopd in it, and samples
 * on stdout, one "KEY VALUE" a line, of which tools/bench makes medians. They end on any error. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "macros.h"

uint64_t bench_now(void); /* CLOCK_MONOTONIC, ns */
void bench_pause(unsigned int ms);
_noreturn_ void bench_die(const char *what); /* with errno */
void bench_sample(const char *key, double value);

/* argv[index] as a positive number. */
unsigned int bench_number(int argc, char **argv, int index);

/* As many descriptors as the hard limit allows; as root, at least wanted. */
void bench_raise_descriptors(unsigned int wanted);

/* A new folder below TMPDIR, else on /dev/shm where that is a tmpfs, else below /tmp; removed with
 * all that is in it when the program ends. */
const char *bench_folder(void);
void bench_write(const char *name, const char *format, ...) _printf_(2, 3);
/* Removes everything of the folder but the subfolder "units". */
void bench_folder_clean(void);

/* Starts argv, gives it the writing end of a pipe as descriptor 3, and waits for a line on it.
 * cgroups: may see the cgroup hierarchy. Returns: its pid. */
pid_t bench_start(char *const *argv, bool cgroups, uint64_t *ret_ready_ns);
/* bellhopd in this folder, with the units in FOLDER/units. */
pid_t bench_start_manager(const char *bellhopd, bool cgroups, uint64_t *ret_ready_ns);
void bench_stop(pid_t pid);

/* Proportional memory in KiB; the resident set where that may not be read. */
double bench_memory(pid_t pid, const char **ret_key);
