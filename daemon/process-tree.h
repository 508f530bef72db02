/* SPDX-License-Identifier: MIT */
/* Processes: whether they are there, what they are called, and who descends from whom, read from
 * /proc: what there is where a service has no cgroup. */
#pragma once

#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* Whether it has its number still: one that has ended but isn't reaped has. */
bool process_is_there(int pidfd);
/* Whether it has ended, reaped or not. */
bool process_has_ended(int pidfd);
/* Waits for that, so many milliseconds at most: for one that has been killed. */
bool process_ends_within(int pidfd, int ms);

/* Takes the status of a child that has ended. Returns: 1; 0: it hasn't; negative errno: it isn't
 * our child (-ECHILD), *ret stays as it is. */
int process_reap(int pidfd, pid_t pid, siginfo_t *ret);

/* 0: it isn't there. */
pid_t process_parent(pid_t pid);

typedef struct ProcessStat {
        char state; /* 'Z': it has ended */
        int parent, session;
        unsigned long long start_time; /* tells it from a later process of the same pid */
} ProcessStat;

/* Returns: whether it is there. */
bool process_stat(pid_t pid, ProcessStat *ret);
/* If that is still the process that began then. Returns: 0; -ESRCH: it isn't; negative errno. */
int process_signal(pid_t pid, unsigned long long start_time, int sig);

/* A set of processes (g_hash_table_new(NULL, NULL)): pid -> start time, so that a later process of
 * the same pid isn't taken for one of them. */
void process_table_add(GHashTable *table, pid_t pid, unsigned long long start_time);
bool process_table_has(GHashTable *table, pid_t pid, const ProcessStat *stat);

/* A variable of the environment that it was exec'd with, or has put in its place (g_free). Only the
 * first quarter of a megabyte is looked at; this never waits for the process.
 * Returns: 0; -ENOENT: it isn't there; -ENODATA: there is no environment at all; -EAGAIN: not now,
 * because it is within exec; negative errno. */
int process_environment(pid_t pid, const char *name, char **ret);

/* Whether pid is ancestor or descends from it, as of now; pid must be pinned by the caller. */
bool process_is_descendant(pid_t pid, pid_t ancestor);

/* Adds the children of all its threads, of pid_t, as long as there are fewer than max in all. */
void process_add_children(GArray *pids, pid_t pid, guint max);
/* The process and all that descend from it: pid_t, the ancestor first, at most max. */
GArray *process_descendants(pid_t ancestor, guint max);

/* "nginx (pid 4242)" (g_free); "pid 4242" when its name can't be read. */
char *process_label(pid_t pid);
