/* SPDX-License-Identifier: MIT */
/* An attacker that rings bells that aren't a manager's: any siginfo that the kernel lets a process
 * send. forge-bell PID SIGNAL CODE HIGH LOW [COUNT]; CODE "kill" sends by kill(2). */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "macros.h"

static int forge(pid_t pid, int sig, const char *code, int high, int low) {
        siginfo_t info;

        if (strcmp(code, "kill") == 0)
                return kill(pid, sig);
        memset(&info, 0, sizeof(info));
        info.si_signo = sig;
        info.si_code = atoi(code);
        info.si_errno = high;
        info.si_pid = 1;
        info.si_uid = 0;
        info.si_int = low;
        return (int)syscall(SYS_rt_sigqueueinfo, pid, sig, &info);
}

int main(int argc, char **argv) {
        if (argc < 6)
                return 2;
        int count = argc > 6 ? atoi(argv[6]) : 1, sent = 0;
        for (int i = 0; i < count; i++) {
                if (forge((pid_t)atoi(argv[1]), atoi(argv[2]), argv[3],
                          (int)strtoul(argv[4], NULL, 0), (int)strtoul(argv[5], NULL, 0)) == 0)
                        sent++;
                else if (sent == 0)
                        break;
        }
        printf("%d %s\n", sent, sent == count ? "sent" : strerror(errno));
        return sent ? 0 : 1;
}
