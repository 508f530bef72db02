/* SPDX-License-Identifier: MIT */
/* A fixture: one bellhopd with a runtime folder and unit files of its own, a client on its bus, and
 * a socket on which the test programs report. All waits are for events and have a time limit, after
 * which the case fails with what was last seen. Every function asserts that it worked unless it
 * returns how it went. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "macros.h"
#include "runner.h"

/* How long an event may take, in seconds: only what hangs takes that long. */
#define EVENT_LIMIT 60

typedef struct Fixture {
        const char *folder; /* the case's */
        char *units;        /* FOLDER/units */
        char *runtime;      /* FOLDER/run */
        pid_t daemon;       /* 0: not running */
        int daemon_pidfd;
        sd_bus *bus;
        GPtrArray *events; /* every bus signal so far, as a line: see event_wait() */
        int report_fd;
        GPtrArray *reports;   /* not yet waited for */
        GString *report_rest; /* the beginning of a line */
} Fixture;

Fixture *fixture_new(void);
/* The same, and nothing will start by itself. */
Fixture *fixture_idle(void);
/* Stops the daemon if it runs, as fixture_stop(). */
Fixture *fixture_free(Fixture *fixture);
DEFINE_CLEANUP(Fixture, fixture_free)
#define _fixture_ _cleanup_(fixture_free_cleanup)

/* Unit files. In the text @dir@ becomes the case's folder, @bin@ that of the programs, and
 * @claimer@ the claimer with its --report. */
char *fixture_expand(const Fixture *fixture, const char *text);
void unit_write(const Fixture *fixture, const char *name, const char *format, ...) _printf_(3, 4);
void unit_remove(const Fixture *fixture, const char *name);
/* Limits out of the way of tests that start a lot; for anywhere in a [Service] and a [Socket]. */
#define NO_START_LIMIT   "[Unit]\nStartLimitIntervalSec=0\n[Service]\n"
#define NO_TRIGGER_LIMIT "TriggerLimitIntervalSec=0\nPollLimitIntervalSec=0\n"

/* NAME.socket with these lines in [Socket], and NAME.service that runs the claimer with these
 * arguments and these further lines in [Service]. */
void pair_write(const Fixture *fixture, const char *name, const char *socket_lines,
                const char *claimer_arguments, const char *service_lines);
/* A service with these lines in [Service]. */
void service_write(const Fixture *fixture, const char *name, const char *lines);
/* A file in the case's folder, any content. Returns: its path (g_free). */
char *file_write(const Fixture *fixture, const char *name, const char *format, ...) _printf_(3, 4);
/* The content of one, "" if there is none (g_free). */
char *file_read(const Fixture *fixture, const char *name);

/* A FIFO in the case's folder. */
void fifo_make(const Fixture *fixture, const char *name);
/* Writes "go" when the reader is there: before, it would be gone with the writer. */
void fifo_write(const Fixture *fixture, const char *name);

/* Starts bellhopd with the arguments (units, NULL-terminated) and waits until it is ready. */
void fixture_start(Fixture *fixture, ...) G_GNUC_NULL_TERMINATED;
/* The same, and returns the exit status if it ends before it is ready, else -1. */
int fixture_try_start(Fixture *fixture, const char *const *arguments);
/* Shutdown by the bus: the daemon must exit with 0 and leave nothing in its runtime folder. */
void fixture_stop(Fixture *fixture);
/* Waits for its end. Returns: the wait status. */
int fixture_wait_end(Fixture *fixture);
void fixture_kill(Fixture *fixture, int sig);
/* The daemon's log so far (g_free). */
char *fixture_log(const Fixture *fixture);

/* The daemon as the kernel sees it. */
unsigned int daemon_count_fds(const Fixture *fixture); /* 0: this kernel doesn't tell */
/* Waits until there are no more than so many: the last closes may follow the events. */
void daemon_expect_fds(const Fixture *fixture, unsigned int max);
/* How many more there are when the child for the next start has come since, some time after a start
 * (where services have no cgroups): it has two, and the one before had one more until then. */
#define DAEMON_SPARE_FDS 1
uint64_t daemon_cpu_ms(const Fixture *fixture);
uint64_t daemon_rss_kb(const Fixture *fixture);
/* It runs under a sanitizer or a wrapper: what memory it has says nothing. */
bool daemon_is_instrumented(void);

/* The bus (harness-bus.c). Each call returns 0 or the error's text in *ret_error (g_free; may be
 * NULL: then it must work). */
void bus_open(Fixture *fixture);
int bus_units_call(Fixture *fixture, const char *method, char **ret_error, const char *unit,
                   ...) G_GNUC_NULL_TERMINATED;
#define unit_start(f, ...)   bus_units_call(f, "Start", NULL, __VA_ARGS__, NULL)
#define unit_stop(f, ...)    bus_units_call(f, "Stop", NULL, __VA_ARGS__, NULL)
#define unit_restart(f, ...) bus_units_call(f, "Restart", NULL, __VA_ARGS__, NULL)
/* Start without waiting for its end: for services that are meant to hang or fail. */
void unit_start_begin(Fixture *fixture, const char *unit);
int bus_reload(Fixture *fixture, char **ret_error);
int bus_refresh(Fixture *fixture, const char *memfd, char **ret_error);
int bus_deliver(Fixture *fixture, const char *unit, const char *service, pid_t pid,
                char **ret_error);

/* A property by Show(), as text: strings as they are, numbers in decimal (g_free); NULL: none. */
char *unit_property(Fixture *fixture, const char *unit, const char *property);
pid_t unit_main_pid(Fixture *fixture, const char *unit);

/* Waits until the unit is in that state; sub NULL: any. Looks at the present state first. */
void unit_wait(Fixture *fixture, const char *unit, const char *active, const char *sub);
void unit_expect(Fixture *fixture, const char *unit, const char *active, const char *sub);

/* Waits until there is a delivery of that name (to that pid, 0: anybody) in that state.
 * Returns: its reason (g_free). */
char *delivery_wait(Fixture *fixture, const char *name, pid_t pid, const char *state);
/* How many there are in that state (NULL: any) now. */
unsigned int delivery_count(Fixture *fixture, const char *name, const char *state);

/* Bus signals are kept as lines: "unit NAME ACTIVE SUB", "delivery ID UNIT NAME RECIPIENT PID
 * STATE", "reloaded". events_mark() is where they end now. */
unsigned int events_mark(Fixture *fixture);
/* Waits for one after mark that matches the pattern. Returns: the line, borrowed. */
const char *event_wait(Fixture *fixture, unsigned int mark, const char *pattern);
bool event_seen(Fixture *fixture, unsigned int mark, const char *pattern);
/* Waits until that many after mark have matched. */
void event_wait_count(Fixture *fixture, unsigned int mark, const char *pattern, unsigned int count);

/* Reports of the test programs (harness-report.c): waits for the first that matches the pattern,
 * e.g. "claimed web.socket *", takes it. Returns: the text without the pid (g_free); *ret_pid may
 * be NULL. */
char *report_wait(Fixture *fixture, const char *pattern, pid_t *ret_pid);
/* Takes it if it is there. */
bool report_seen(Fixture *fixture, const char *pattern);
/* How many match and have not been taken. */
unsigned int report_count(Fixture *fixture, const char *pattern);
void reports_forget(Fixture *fixture);
/* The number behind "key=" in a report. */
uint64_t report_number(const char *text, const char *key);

/* Clients (harness-net.c). An address is a path, "@abstract", "HOST:PORT" or "[HOST]:PORT". */
int address_connect(const char *address, int type); /* a descriptor, or negative errno */
/* To an address with @dir@ in it; a descriptor. */
int connect_to(const Fixture *fixture, const char *address);
/* Connects (or sends a datagram), returns the answer's line without its newline (g_free). */
char *ask(const char *address, int type);
/* The same on a connection that is open; closes it. */
char *ask_on(int fd);
/* Whether there is an answer; closes it. */
bool is_served(int fd);
/* Sends the socket itself along by SCM_RIGHTS. Returns: 0 or negative errno. */
int send_descriptor(int fd);
/* Asks, and checks that the answer is "NAME PID". Returns: the pid. */
pid_t ask_name(const char *address, int type, const char *name);
/* A TCP and UDP port that is free on both loopback addresses. */
unsigned int port_free_find(void);

/* Commands (harness-process.c). Output is stdout and stderr together. Returns: the exit status, 128
 * + n for signal n. */
int run(const Fixture *fixture, char **ret_output, const char *program, ...) G_GNUC_NULL_TERMINATED;
int run_argv(const Fixture *fixture, char **ret_output, const char *const *argv);
/* bellhopctl --runtime-directory=... ARGUMENT... */
int ctl(const Fixture *fixture, char **ret_output, const char *verb, ...) G_GNUC_NULL_TERMINATED;
bool program_exists(const char *name);
/* Starts one in the background (by its name in @bin@, or in PATH); process_end() kills and reaps
 * it. */
pid_t process_start(const Fixture *fixture, const char *program, ...) G_GNUC_NULL_TERMINATED;
/* The same with another uid (root only). */
pid_t process_start_as(const Fixture *fixture, uid_t uid, const char *const *argv);
int process_wait(pid_t pid); /* exit status as run() */
void process_end(pid_t pid);
bool process_is_alive(pid_t pid); /* and not a zombie */
/* Waits for the end of a process that isn't a child. */
void process_wait_gone(pid_t pid);
char process_state(pid_t pid); /* 'S', 'T', 0: none */
/* Waits until it is in one of these states. */
void process_wait_state(pid_t pid, const char *states);
