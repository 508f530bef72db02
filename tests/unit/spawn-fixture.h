/* SPDX-License-Identifier: MIT */
/* A real event loop and a request for spawn_start(). A FIFO as standard output holds a child
 * between clone and exec until the test lets it go. */
#pragma once

#include <signal.h>
#include <stdbool.h>

#include "bell.h"
#include "spawn.h"

typedef struct SpawnFixture {
        sd_event *event;
        char *folder, *output;
        SpawnRequest request;
        char *argv[4];
        unsigned int descriptors; /* open before */

        Spawn *spawn;
        pid_t pid;
        ProcessWatch *watch;
        int pidfd; /* its */
        bool done;
        int error;
        char step[32];
} SpawnFixture;

void spawn_fixture_set_up(SpawnFixture *fixture, gconstpointer data);
void spawn_fixture_tear_down(SpawnFixture *fixture, gconstpointer data);
/* Starts what the request says. */
void spawn_begin(SpawnFixture *fixture);
void spawn_loop_until(SpawnFixture *fixture, const bool *flag);
/* How many this process has open. */
unsigned int spawn_count_descriptors(void);
/* Older valgrinds don't know pidfd_send_signal(2): the test is skipped. */
bool signals_by_pidfd(void);
/* For another spawn. */
void spawn_fixture_reset(SpawnFixture *fixture);
siginfo_t spawn_wait_for_end(SpawnFixture *fixture);
/* Our end of the FIFO that the child waits at; it goes on when this is called. */
int fifo_let_go(SpawnFixture *fixture);
char *fifo_read(int fd);
/* Returns: the output (g_free). */
char *spawn_run(SpawnFixture *fixture);
/* It fails at a step, and exits with a status. */
void spawn_run_failing(SpawnFixture *fixture, int error, const char *step, int status);
/* A set of /proc/PID/status by its key, "\nSigBlk:". */
uint64_t status_set(const char *text, const char *key);
void spawn_test_add(const char *name, void (*function)(SpawnFixture *, gconstpointer));
