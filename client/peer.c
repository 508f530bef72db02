/* SPDX-License-Identifier: MIT */
/* Takes descriptors out of peers with pidfd_getfd(2). The kernel demands the right to ptrace the
 * sender; we demand that it be of our own user, whatever our privileges are. */
#include "peer.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fd.h"
#include "process-status.h"

static int refuse(const char *reason, const char **ret_reason) {
        *ret_reason = reason;
        return -EPERM;
}

static int take_error(const char **ret_reason) {
        switch (errno) {
        case EMFILE:
        case ENFILE:
        case ENOMEM:
                return -errno;
        case ESRCH:
                return refuse("the peer has ended", ret_reason);
        case EBADF:
                return refuse("the peer doesn't have the descriptor that it offers", ret_reason);
        case ENOSYS:
                return refuse("this kernel or sandbox has no pidfd_getfd(2)", ret_reason);
        default:
                return refuse("the kernel doesn't let this process take descriptors from that peer "
                              "(another user, not dumpable, or Yama's ptrace_scope)",
                              ret_reason);
        }
}

/* Looks after the descriptor was taken: a program that called exec meanwhile has lost its handler,
 * and its descriptor of that number is another one. */
static int sender_check(const PeerNote *note, int pidfd, uid_t *ret_uid, const char **ret_reason) {
        ProcessStatus status;
        uid_t uid = geteuid();
        int r;

        r = process_status_read(note->pid, &status);
        if (r == -EMFILE || r == -ENFILE)
                return r;
        if (r < 0)
                return refuse("the peer's /proc entry can't be read", ret_reason);
        if (status.real_uid != uid || status.effective_uid != uid || status.saved_uid != uid)
                return refuse("the peer is of another user", ret_reason);
        if (!(status.caught & BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_ANSWER)))
                return refuse("the peer isn't ready for the answer, so it has called no "
                              "bellhop_sendfd()",
                              ret_reason);
        if (syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) < 0)
                return refuse("the peer has ended", ret_reason);
        *ret_uid = uid;
        return 0;
}

/* Tells the sender which descriptor was taken, so that it closes its copy. -EAGAIN: its queue is
 * full. Every other failure means that there is nobody left to tell. */
static int answer(const PeerNote *note, int pidfd) {
        siginfo_t info;

        memset(&info, 0, sizeof(info));
        info.si_signo = BELLHOP_SIGNAL_ANSWER;
        info.si_code = SI_QUEUE;
        info.si_errno = PEER_BELL_MAGIC;
        info.si_pid = getpid();
        info.si_uid = getuid();
        info.si_int = note->fd;
        if (syscall(SYS_pidfd_send_signal, pidfd, BELLHOP_SIGNAL_ANSWER, &info, 0) == 0)
                return 0;
        return errno == EAGAIN ? -EAGAIN : 0;
}

static int offer_take(const PeerNote *note, int pidfd, ItemQueue *items, const char **ret_reason) {
        _cleanup_fd_ int fd = -EBADF;
        QueuedItem *item;
        uid_t uid;
        int r;

        fd = (int)syscall(SYS_pidfd_getfd, pidfd, note->fd, 0);
        if (fd < 0)
                return take_error(ret_reason);
        r = sender_check(note, pidfd, &uid, ret_reason);
        if (r < 0)
                return r;

        item = queued_item_new(items, fd, "", 0);
        if (!item)
                return -ENOMEM;
        TAKE_FD(fd);
        item->kind = BELLHOP_KIND_OTHER;
        item->signal = note->signal;
        item->flags = BELLHOP_ITEM_PEER;
        item->sender_pid = note->pid;
        item->sender_uid = uid;
        item_queue_append(items, item);
        return 0;
}

/* The answer that is owed. It would kill a program that came by exec meanwhile.
 * Returns: 0 done with, or -EAGAIN. */
static int answer_late(const PeerNote *note, int pidfd) {
        ProcessStatus status;
        int r = process_status_read(note->pid, &status);

        if (r == -EMFILE || r == -ENFILE)
                return -EAGAIN;
        if (r < 0 || !(status.caught & BELLHOP_SIGNAL_BIT(BELLHOP_SIGNAL_ANSWER)))
                return 0;
        return answer(note, pidfd);
}

static int offer_handle(Notes *notes, int slot, const PeerNote *note, ItemQueue *items,
                        const char **ret_reason) {
        _cleanup_fd_ int pidfd = (int)syscall(SYS_pidfd_open, note->pid, 0);
        int r = 0;

        if (pidfd < 0)
                r = take_error(ret_reason);
        else if (!note->taken)
                r = offer_take(note, pidfd, items, ret_reason);
        if (r == -EPERM)
                notes_drop_peer(notes, slot);
        if (r < 0)
                return r == -EPERM && note->taken ? 0 : r;

        r = note->taken ? answer_late(note, pidfd) : answer(note, pidfd);
        if (r == -EAGAIN)
                notes_owe_answer(notes, slot, note);
        else
                notes_drop_peer(notes, slot);
        return r;
}

int peer_receive(Notes *notes, ItemQueue *items, const char **ret_reason) {
        PeerNote note;
        int slot;

        while ((slot = notes_first_peer(notes, &note)) >= 0) {
                int r = offer_handle(notes, slot, &note, items, ret_reason);

                if (r == -EAGAIN)
                        return 0; /* the next look tries again */
                if (r < 0)
                        return r;
        }
        return 0;
}
