/* SPDX-License-Identifier: MIT */
/* libbellhop: claim the sockets and memfds that bellhopd holds for this process.
 *
 * A manager opens descriptors and rings a bell, a POSIX real-time signal, at the process they are
 * meant for. The process opens a *desk*; the desk answers the bell, fetches what waits, and keeps
 * each *item* until somebody claims it by its name.
 *
 *     int fd = bellhop_claim("http", -1);
 *
 * is all that most services need. A program that wants to follow new listeners and new
 * configuration while it runs opens a desk with bellhop_new(), polls bellhop_get_fd() and calls
 * bellhop_next().
 *
 * Errors: functions that return int return 0 or a positive number on success and a negative errno
 * on failure; they don't touch errno otherwise than libc does, and no output on failure unless it
 * says so.
 *
 * Threads: every function may be called from any thread; calls on one desk are serialised inside.
 * None is a cancellation point: a thread that pthread_cancel(3) is to end comes back from its call
 * first, with the result, and ends at the next cancellation point after it. Whoever has to end a
 * thread that waits has it poll bellhop_get_fd(), or wait with a timeout.
 *
 * Fork and exec: after fork() the child has no desk: its pid has no deliveries. Every call on a
 * desk that was opened in another process returns -ECHILD; bellhop_claim() opens a new desk. After
 * exec a new desk is opened. (A raw clone(2), which runs no pthread_atfork(3) handlers, isn't
 * noticed.)
 *
 * Descriptors: every descriptor is close-on-exec from birth. No environment variable is read or
 * written.
 *
 * Signals: RTMIN+n means 34+n whatever the libc says. A process that bellhopd started has the
 * delivery signals blocked and ignored; the desk takes them with sigtimedwait(2), and from a
 * signalfd once somebody waits for more. In any other process the desk installs handlers
 * (sigaction(2), SA_SIGINFO|SA_ONSTACK|SA_RESTART) for those of its signals whose action is the
 * default or to be ignored; it never changes the signal mask.
 */
#ifndef BELLHOP_H
#define BELLHOP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header, as major * 10000 + minor * 100 + patch. */
#define BELLHOP_VERSION 200

/* The longest name of an item, in bytes, without the terminating NUL. A name is 1 to 255 printable
 * ASCII characters other than ':' (the rule of FileDescriptorName= in systemd.socket(5)). */
#define BELLHOP_NAME_MAX 255

/* The real-time signals of bellhop, as the kernel numbers them (signal(7): the kernel's first one
 * is 32, libc keeps two or three for itself; see "Signals" above). */
#define BELLHOP_SIGNAL_MIN        34 /* RTMIN+0 */
#define BELLHOP_SIGNAL_MAX        64 /* RTMAX-0 */
#define BELLHOP_SIGNAL_LISTENER   42 /* RTMIN+8: listening and datagram sockets */
#define BELLHOP_SIGNAL_CONNECTION 43 /* RTMIN+9: accepted connections */
#define BELLHOP_SIGNAL_MEMFD      44 /* RTMIN+10: memfds */
#define BELLHOP_SIGNAL_OTHER      45 /* RTMIN+11: everything else */
#define BELLHOP_SIGNAL_ANSWER     46 /* RTMIN+12: the receiver's answer to bellhop_sendfd() */

/* The bit of a signal in a 64-bit set, as in SigBlk of /proc/PID/status. */
#define BELLHOP_SIGNAL_BIT(sig) ((uint64_t)1 << ((sig)-1))

/* What an item is, as its sender declared it. */
enum bellhop_kind {
        BELLHOP_KIND_LISTENER = 1,   /* a socket to accept(2) from */
        BELLHOP_KIND_DATAGRAM = 2,   /* a bound datagram socket */
        BELLHOP_KIND_CONNECTION = 3, /* a connected socket */
        BELLHOP_KIND_MEMFD = 4,      /* a memfd; its seals tell what may change */
        BELLHOP_KIND_OTHER = 5       /* anything else, and all that bellhop_sendfd() sends */
};

/* Item flags. */
#define BELLHOP_ITEM_REPLACES 0x01u /* supersedes all earlier items of this name */
#define BELLHOP_ITEM_PEER     0x02u /* came from bellhop_sendfd(), not from a manager */

/* One descriptor that was handed over. */
struct bellhop_item {
        int fd;                          /* the caller's to close; O_CLOEXEC */
        enum bellhop_kind kind;          /* what it is */
        int signal;                      /* the signal that announces items of this sort */
        unsigned int flags;              /* BELLHOP_ITEM_* */
        pid_t sender_pid;                /* who sent it: the manager or the peer */
        uid_t sender_uid;                /* its uid, on the kernel's word */
        char name[BELLHOP_NAME_MAX + 1]; /* its name; empty for peers' items */
};

/* Desk flags. */
#define BELLHOP_THREAD 0x01u /* a desk for the calling thread, not for the process */
#define BELLHOP_TRUST_NAMESPACE                                         \
        0x02u /* in a user namespace: trust a manager that shows as the \
                 overflow uid or as this namespace's root */
#define BELLHOP_TRUST_OWN_UID                                               \
        0x04u /* trust a manager of this process's own uid even though this \
                 process has capabilities that uid hasn't */
#define BELLHOP_TRUST_ROOT_ONLY 0x08u /* trust no manager but root's */

/* How to open a desk. Zero it, set size to sizeof(struct bellhop_options), set what is wanted. */
struct bellhop_options {
        size_t size;           /* sizeof(struct bellhop_options), so that it can grow */
        unsigned int flags;    /* BELLHOP_THREAD, BELLHOP_TRUST_* */
        uint64_t signals;      /* the managers' signals to listen to, BELLHOP_SIGNAL_BIT()s; 0: the
                                  four defaults and those that are blocked and ignored when the desk
                                  is opened, as a manager leaves them for what it starts; for a
                                  thread's desk none, since managers ring at processes */
        uint64_t peer_signals; /* the signals on which bellhop_sendfd() of this user's processes is
                                  accepted; 0: none. Disjoint from signals. */
};

/* A desk: the receiving end. Opaque. */
typedef struct bellhop bellhop;

/* bellhop_claim - take a descriptor by its name
 *
 * Opens the process's desk on first use, and waits until an item of that name is there.
 *
 * @name:       the item's name, e.g. the FileDescriptorName= of the socket or memfd unit
 * @timeout_ms: how long to wait, in milliseconds; 0 only looks, -1 waits for ever
 *
 * Several items of one name are claimed in the order in which they came. A newer one that replaces
 * (BELLHOP_ITEM_REPLACES) is what is returned; older unclaimed ones have been closed.
 *
 * Returns: a descriptor that is the caller's to close (O_CLOEXEC; a listener is O_NONBLOCK
 * if NonBlocking= of the service says so), or
 *   -ETIMEDOUT   nothing of that name came
 *   -EINVAL      bad name or timeout
 *   -EMFILE, -ENFILE  no free descriptor; the item stays with the manager and comes later
 *   -EPERM       this process's desk trusts nobody (a user namespace: see BELLHOP_TRUST_NAMESPACE)
 *   -EOPNOTSUPP  this kernel or sandbox can't; bellhop_strerror() says what to change
 *   -EBUSY       another part of the program has taken a delivery signal's handler
 * Threads: any; two threads that claim one name get an item each. Not async-signal-safe.
 * Since: 0.1 */
int bellhop_claim(const char *name, int timeout_ms);

/* bellhop_new - open a desk
 *
 * The process has one desk: without BELLHOP_THREAD the first call opens it and later ones (and
 * bellhop_claim()) share it; each success is matched by one bellhop_free(). A thread's desk belongs
 * to the calling thread, sees the signals that are sent to that thread, and must have them blocked.
 *
 * @options: NULL for the defaults
 * @ret:     the desk
 *
 * Returns: 0, or -EINVAL (options), -EBUSY (the process's desk is open with other options, or a
 * handler is taken), -EMFILE, -ENFILE, -ENOMEM, -EOPNOTSUPP (no signalfd; a process that
 * root's manager has started for what waits already needs none before it waits for more, and is
 * told then). *ret is untouched on failure. A thread's desk: -EINVAL too if the thread doesn't
 * block the signals, or none is named.
 * Since: 0.1 */
int bellhop_new(const struct bellhop_options *options, bellhop **ret);

/* bellhop_free - give up a desk
 *
 * Closes it when nobody else shares it: unclaimed items are closed, handlers of ours are put back
 * to what they were if nobody has replaced them since. Takes NULL. Never fails.
 *
 * Returns: NULL, always, so that desk = bellhop_free(desk) leaves no dangling pointer.
 * Since: 0.1 */
bellhop *bellhop_free(bellhop *desk);

/* bellhop_get_fd - the descriptor to poll
 *
 * Readable (POLLIN) when bellhop_next() may have something to do. It is the desk's: don't close
 * it. It may be polled from any thread (a thread's desk: from that thread), level-triggered.
 *
 * Returns: a descriptor, or -EINVAL (no desk), -ECHILD (opened before a fork), -EMFILE, -ENFILE,
 * -ENOMEM, -EOPNOTSUPP (the first call makes it).
 * Since: 0.1 */
int bellhop_get_fd(const bellhop *desk);

/* bellhop_next - take the next item, whatever its name
 *
 * Answers all bells that are pending, then takes the oldest item. Never blocks for longer than the
 * manager takes to answer (bounded by one second, or two where a signal handler interrupts; and by
 * one more where the manager's queue is full). Call it until it returns 0.
 *
 * @desk: the desk
 * @ret:  the item; its descriptor becomes the caller's
 *
 * Returns: 1 and an item; 0: none now; -EPERM: something was refused since the last call, reported
 * once (bellhop_refused() says what; go on calling); -EMFILE, -ENFILE, -ENOMEM: no room, free a
 * descriptor and call again when the manager rings again; -EOPNOTSUPP, -EINVAL, -ECHILD.
 * Since: 0.1 */
int bellhop_next(bellhop *desk, struct bellhop_item *ret);

/* bellhop_wait - wait for an item of a name
 *
 * As bellhop_claim(), on a desk of the caller's, and with all that is known of the item.
 *
 * @desk:       the desk
 * @name:       the name, or NULL for any (then peers' items, which have none, count too)
 * @timeout_ms: in milliseconds; 0 only looks, -1 waits for ever
 * @ret:        the item; its descriptor becomes the caller's
 *
 * Returns: 0 and an item, or what bellhop_claim() returns, or -ECHILD.
 * Since: 0.1 */
int bellhop_wait(bellhop *desk, const char *name, int timeout_ms, struct bellhop_item *ret);

/* bellhop_refused - what this desk has refused
 *
 * Forged bells, claim sockets that aren't the manager's, answers that are out of rule, descriptors
 * that came with a signal (sendfd(), where the kernel has it) from nobody who is believed.
 *
 * @desk:       the desk
 * @ret_reason: if not NULL: the last reason, a string that is never freed; NULL if there was none
 *
 * Returns: how many since the desk was opened.
 * Since: 0.1 */
uint64_t bellhop_refused(bellhop *desk, const char **ret_reason);

/* bellhop_sendfd - send a descriptor to a running process of the same user, with no manager
 *
 * The call that was proposed to Linux in 2014: queues the real-time signal @sig at @pid, and the
 * receiver, which has a desk with @sig among its peer_signals, takes the descriptor when it answers
 * the signal.
 *
 * Where the kernel has it, this is the system call: nothing is kept here, and what is said below of
 * duplicates, answers and the table doesn't apply; -ENOMEM is possible, and root may send to
 * anybody, whose desk takes it from its own user alone. Else the sender keeps a duplicate until the
 * receiver has answered. So: the receiver's close of a connection takes effect only when the answer
 * has been handled here too; a sender that exits takes with it what was not taken yet; processes of
 * one user must trust each other. The answer is BELLHOP_SIGNAL_ANSWER, for which the first call
 * installs a handler; if all threads block that signal, answers are handled in the next
 * bellhop_sendfd().
 *
 * @pid: the receiving process; with a thread's id that thread's desk receives
 * @sig: a real-time signal, BELLHOP_SIGNAL_MIN to BELLHOP_SIGNAL_MAX, not BELLHOP_SIGNAL_ANSWER
 * @fd:  the descriptor; stays the caller's, who may close it at once
 *
 * Returns: 0, or
 *   -EBADF         fd isn't open
 *   -EINVAL        not such a signal, pid not positive
 *   -ESRCH         no such process
 *   -EPERM         not this user's process; or this one isn't dumpable (prctl(2)), so that nobody
 *                  could take from it
 *   -ECONNREFUSED  the signal would kill the receiver: a thread neither blocks, catches nor
 *                  ignores it. Nothing was sent.
 *   -EAGAIN        the receiver's queue (RLIMIT_SIGPENDING) is full, or this process's table of 256
 *                  descriptors that wait for an answer, or this user's share of descriptors in
 *                  signal queues (RLIMIT_NOFILE)
 *   -EMFILE, -ENFILE  no two descriptors free, for the duplicate and the receiver's pidfd
 *   -EBUSY         BELLHOP_SIGNAL_ANSWER has somebody else's handler here
 *   -EOPNOTSUPP    no pidfd_open(2) (Linux 5.3) or no /proc
 * Threads: any. Fork: the child's sends are its own; the parent's duplicates are closed in it at
 * its first call. Not async-signal-safe.
 * Since: 0.1 */
int bellhop_sendfd(pid_t pid, int sig, int fd);

/* bellhop_strerror - what an error of this library means, and what to do about it
 *
 * @error: a return value of a function above, negative or positive
 *
 * Returns: a string that is never freed; strerror(3)'s words where there is nothing to add.
 * Since: 0.1 */
const char *bellhop_strerror(int error);

#ifdef __cplusplus
}
#endif

#endif
