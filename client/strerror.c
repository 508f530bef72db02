/* SPDX-License-Identifier: MIT */
/* Errors in words that help. */
#include <string.h>

#include "desk.h"
#include "no-cancel.h"

static const struct {
        int error;
        const char *text;
} texts[] = {
        { EPERM,
          "refused by a check: bellhop_refused() says which; in a user namespace, or without "
          "/proc to tell that there is none, managers but a parent of uid 0 are trusted only with "
          "BELLHOP_TRUST_NAMESPACE; bellhop_sendfd() reaches only processes of the same "
          "user, and only from a dumpable one" },
        { ETIMEDOUT,
          "nothing of that name came in time: is it delivered to this service, and under "
          "this name (bellhopctl list-deliveries)?" },
        { EINVAL, "wrong argument: a name is 1 to 255 printable characters other than ':', a time "
                  "is at least -1, signals are RTMIN+0 to RTMAX-0 but not RTMIN+12, and a thread's "
                  "desk wants its signals named and blocked" },
        { EMFILE, "this process has no free descriptor: close some or raise LimitNOFILE=; what "
                  "waits stays where it is" },
        { ENFILE, "the system has no free descriptor (sysctl fs.file-max); what waits stays where "
                  "it is" },
        { ENOMEM, "out of memory; what waits stays where it is" },
        { EOPNOTSUPP,
          "this kernel or sandbox can't: allow AF_UNIX sockets (RestrictAddressFamilies=), "
          "signalfd4, rt_sigtimedwait, and for bellhop_sendfd() pidfd_open, pidfd_getfd and "
          "/proc" },
        { EBUSY, "another part of this program handles that signal, or has opened the process's "
                 "desk with other options" },
        { ECHILD, "this desk was opened before a fork: open one in this process" },
        { ECONNREFUSED, "the receiver isn't ready: the signal would have killed it, so it was not "
                        "sent; the receiver has to open a desk with it among peer_signals" },
        { EAGAIN,
          "the receiver's signal queue (RLIMIT_SIGPENDING) is full, or 256 descriptors wait "
          "for an answer: try again later" },
};

_public_ const char *bellhop_strerror(int error) {
        _no_cancel_; /* strerror(3) may look a translation up in files */

        if (error < 0)
                error = -error;
        for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
                if (texts[i].error == error)
                        return texts[i].text;
        return strerror(error);
}
