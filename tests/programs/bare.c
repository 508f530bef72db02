/* SPDX-License-Identifier: MIT */
/* A process that the manager didn't start: bare MODE REPORT [NAME...]. What its delivery signals
 * look like depends on the mode; SIGUSR1 makes it open a desk and claim. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bellhop.h"
#include "macros.h"
#include "report.h"
#include "serve.h"

static void nothing(int sig) {
        (void)sig;
}

static void *thread_wait(void *sets) {
        pthread_sigmask(SIG_SETMASK, sets, NULL);
        report("thread");
        for (;;)
                pause();
        return NULL;
}

/* Blocked in the first thread, open in another. */
static void mode_thread(const sigset_t *delivery) {
        static sigset_t none;
        pthread_t thread;

        sigemptyset(&none);
        sigprocmask(SIG_BLOCK, delivery, NULL);
        pthread_create(&thread, NULL, thread_wait, &none);
}

static void mode_blocked(const sigset_t *delivery) {
        sigprocmask(SIG_BLOCK, delivery, NULL);
}

static void mode_handled(const sigset_t *delivery) {
        (void)delivery;
        for (int sig = BELLHOP_SIGNAL_LISTENER; sig <= BELLHOP_SIGNAL_OTHER; sig++)
                signal(sig, nothing);
}

/* Handled, but the first one only. */
static void mode_fickle(const sigset_t *delivery) {
        const struct sigaction action = { .sa_handler = nothing, .sa_flags = (int)SA_RESETHAND };

        (void)delivery;
        for (int sig = BELLHOP_SIGNAL_LISTENER; sig <= BELLHOP_SIGNAL_OTHER; sig++)
                sigaction(sig, &action, NULL);
}

static void mode_neither(const sigset_t *delivery) {
        (void)delivery;
}

static const struct {
        const char *name;
        void (*apply)(const sigset_t *delivery);
} modes[] = {
        { "neither", mode_neither }, { "blocked", mode_blocked }, { "handled", mode_handled },
        { "thread", mode_thread },   { "fickle", mode_fickle },
};

/* All signals of libc's and ours are as a shell leaves them, whatever the test had. */
static void signals_reset(void) {
        sigset_t none;

        for (int sig = BELLHOP_SIGNAL_MIN; sig <= BELLHOP_SIGNAL_MAX; sig++)
                signal(sig, SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
}

static void claim(Server *server, char **names, int count) {
        for (int i = 0; i < count; i++) {
                int fd = bellhop_claim(names[i], 60000);
                if (fd < 0)
                        report_die("claim", fd);
                server_add(server, fd, names[i]);
        }
}

int main(int argc, char **argv) {
        sigset_t delivery, user;
        static Server server;
        bellhop *desk;

        if (argc < 3)
                return 2;
        report_open(argv[2]);
        signals_reset();
        sigemptyset(&user);
        sigaddset(&user, SIGUSR1);
        sigprocmask(SIG_BLOCK, &user, NULL);
        sigemptyset(&delivery);
        for (int sig = BELLHOP_SIGNAL_LISTENER; sig <= BELLHOP_SIGNAL_OTHER; sig++)
                sigaddset(&delivery, sig);
        for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
                if (strcmp(modes[i].name, argv[1]) == 0)
                        modes[i].apply(&delivery);
        }
        report("ready");
        while (sigwaitinfo(&user, NULL) != SIGUSR1)
                ;
        /* A desk doesn't take over another's handler. */
        for (int sig = BELLHOP_SIGNAL_LISTENER; sig <= BELLHOP_SIGNAL_OTHER; sig++) {
                if (strcmp(argv[1], "handled") == 0)
                        signal(sig, SIG_IGN);
        }
        int r = bellhop_new(NULL, &desk);
        if (r < 0)
                report_die("bellhop_new", r);
        report("desk");
        server_init(&server);
        claim(&server, argv + 3, argc - 3);
        server_run(&server, 0);
        return 0;
}
