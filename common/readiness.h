/* SPDX-License-Identifier: MIT */
/* Is a process ready for a signal, or would it die of it? Read from /proc/PID/status, which anybody
 * may read (proc(5)). A look, not a promise: the process may change its mind right after. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* Signal sets of one thread, bit n-1 for signal n, as in proc(5). */
typedef struct SignalSets {
        uint64_t thread_pending;  /* SigPnd */
        uint64_t process_pending; /* ShdPnd */
        uint64_t blocked;         /* SigBlk */
        uint64_t ignored;         /* SigIgn */
        uint64_t caught;          /* SigCgt */
} SignalSets;

typedef enum Readiness {
        READINESS_READY,   /* every thread blocks it, or the process catches or ignores it */
        READINESS_PENDING, /* ready, and one is queued already: no need for another */
        READINESS_DEADLY,  /* the signal would kill it */
} Readiness;

/* Reads the sets of a thread; tid may be a process. Returns: 0, -ESRCH (gone), or negative errno
 * (unreadable: treat as not ready). */
int signal_sets_read(pid_t tid, SignalSets *ret);

/* So many threads are read, and no more: some 5 us each. */
#define READINESS_THREADS_MAX 4096

/* Looks at the whole process. One file is read (4 us) unless the action of sig is the default; then
 * every thread's is.
 * @ret_thread: the thread that would let the process die, with READINESS_DEADLY; may be NULL
 * Returns: a Readiness; -E2BIG: too many threads; or what signal_sets_read() returns. */
int readiness_of_process(pid_t pid, int sig, pid_t *ret_thread);

/* The same for one thread that is signalled as such (tgkill(2)). */
int readiness_of_thread(pid_t tid, int sig);
