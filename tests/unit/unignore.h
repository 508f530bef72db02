/* SPDX-License-Identifier: MIT */
/* Signals as the manager has them when it begins, whatever its caller ignores (nohup); delivery
 * signals and SIGPIPE are its own affair. */
#pragma once

#include <signal.h>

static inline void signals_unignore(void) {
        for (int sig = 1; sig < SIGRTMIN; sig++) {
                struct sigaction action;

                if (sig != SIGPIPE && sigaction(sig, NULL, &action) == 0 &&
                    action.sa_handler == SIG_IGN)
                        (void)signal(sig, SIG_DFL);
        }
}
