/* SPDX-License-Identifier: MIT */
/* The test service: claims what it is told to, by the library as any service would, answers its
 * clients, and misbehaves on request. claimer [OPTION...] [NAME...] */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bellhop.h"
#include "notify.h"
#include "report.h"
#include "serve.h"

static struct {
        int timeout, fork, any, follow, never, close, clients;
        int unmask, stop, fill_table, fill_queue, crash, crash_early, exit_code, exit_early;
        int catch_term, child;
        const char *report, *notify, *print, *say;
} options = { .timeout = 60000, .exit_early = -1 };

enum OptionKind { FLAG, NUMBER, TEXT };

static const struct {
        struct option option;
        enum OptionKind kind;
        void *value;
} option_table[] = {
        { { "timeout", required_argument, NULL, 0 }, NUMBER, &options.timeout },
        { { "report", required_argument, NULL, 0 }, TEXT, &options.report },
        { { "clients", required_argument, NULL, 0 }, NUMBER, &options.clients },
        { { "any", no_argument, NULL, 0 }, FLAG, &options.any },
        { { "follow", no_argument, NULL, 0 }, FLAG, &options.follow },
        { { "never", no_argument, NULL, 0 }, FLAG, &options.never },
        { { "close", no_argument, NULL, 0 }, FLAG, &options.close },
        { { "fork", no_argument, NULL, 0 }, FLAG, &options.fork },
        { { "child", no_argument, NULL, 0 }, FLAG, &options.child },
        { { "unmask", no_argument, NULL, 0 }, FLAG, &options.unmask },
        { { "stop", no_argument, NULL, 0 }, FLAG, &options.stop },
        { { "fill-table", no_argument, NULL, 0 }, FLAG, &options.fill_table },
        { { "fill-queue", no_argument, NULL, 0 }, FLAG, &options.fill_queue },
        { { "crash", no_argument, NULL, 0 }, FLAG, &options.crash },
        { { "crash-early", no_argument, NULL, 0 }, FLAG, &options.crash_early },
        { { "exit", required_argument, NULL, 0 }, NUMBER, &options.exit_code },
        { { "exit-early", required_argument, NULL, 0 }, NUMBER, &options.exit_early },
        { { "catch-term", no_argument, NULL, 0 }, FLAG, &options.catch_term },
        { { "notify", required_argument, NULL, 0 }, TEXT, &options.notify },
        { { "print", required_argument, NULL, 0 }, TEXT, &options.print },
        { { "say", required_argument, NULL, 0 }, TEXT, &options.say },
};

static void options_parse(int argc, char **argv) {
        struct option longs[ARRAY_SIZE(option_table) + 1] = { { 0 } };
        int index;

        for (size_t i = 0; i < ARRAY_SIZE(option_table); i++)
                longs[i] = option_table[i].option;
        while (getopt_long(argc, argv, "", longs, &index) == 0) {
                switch (option_table[index].kind) {
                case FLAG:
                        *(int *)option_table[index].value = 1;
                        break;
                case NUMBER:
                        *(int *)option_table[index].value = atoi(optarg);
                        break;
                case TEXT:
                        *(const char **)option_table[index].value = optarg;
                        break;
                }
        }
}

_noreturn_ static void sleep_for_ever(void) {
        for (;;)
                pause();
}

/* Two processes that live: for KillMode= and for processes that outlive the main one. */
static void child_start(void) {
        pid_t pid = fork();

        if (pid < 0)
                report_die("fork", errno);
        if (pid == 0) {
                report("child");
                sleep_for_ever();
        }
}

/* Goes on in a child, as a wrapper that waits for its command does. */
static void fork_and_wait(void) {
        int status;
        pid_t pid = fork();

        if (pid < 0)
                report_die("fork", errno);
        if (pid == 0)
                return;
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void unmask_all(void) {
        sigset_t none;

        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
}

static void table_fill(void) {
        while (fcntl(0, F_DUPFD_CLOEXEC, 3) >= 0)
                ;
        report("table full: %m");
}

static void table_free_some(void) {
        for (int fd = 40; fd < 60; fd++)
                close(fd);
        report("table has room");
}

/* With a small limit, so that other processes of this uid aren't disturbed for long. */
static void queue_fill(void) {
        union sigval value = { .sival_int = 0 };
        sigset_t set;
        int count = 0;

        sigemptyset(&set);
        sigaddset(&set, BELLHOP_SIGNAL_MAX);
        sigprocmask(SIG_BLOCK, &set, NULL);
        setrlimit(RLIMIT_SIGPENDING, &(struct rlimit){ 0, 64 });
        while (sigqueue(getpid(), BELLHOP_SIGNAL_MAX, value) == 0)
                count++;
        report("queue full after %d: %m", count);
}

static void term_caught(int sig) {
        static const char text[] = "caught";

        (void)sig;
        report("%s", text);
}

static void misbehave_early(void) {
        if (options.catch_term)
                signal(SIGTERM, term_caught);
        if (options.unmask)
                unmask_all();
        if (options.child)
                child_start();
        if (options.fork)
                fork_and_wait();
        report("up");
        if (options.crash_early)
                raise(SIGKILL);
        if (options.exit_early >= 0)
                _exit(options.exit_early);
        if (options.stop)
                raise(SIGSTOP);
        if (options.fill_queue)
                queue_fill();
        if (options.fill_table && !options.follow)
                table_fill();
        if (options.never) {
                if (options.notify)
                        notify_send(options.notify);
                sleep_for_ever();
        }
}

static void claim_one(Server *server, const char *name) {
        int fd = bellhop_claim(name, options.timeout);

        if (fd == -EMFILE && options.fill_table) {
                report("refused %s: %s", name, bellhop_strerror(fd));
                table_free_some();
                fd = bellhop_claim(name, options.timeout);
        }
        if (fd < 0) {
                report("failed %s: %d %s", name, -fd, bellhop_strerror(fd));
                _exit(3);
        }
        server_add(server, fd, name);
        if (options.close)
                close(fd);
}

static void claim_any(Server *server) {
        struct bellhop_item item;
        bellhop *desk;

        int r = bellhop_new(NULL, &desk);
        if (r == 0)
                r = bellhop_wait(desk, NULL, options.timeout, &item);
        if (r < 0)
                report_die("claim", r);
        server_add(server, item.fd, item.name);
}

_noreturn_ static void follow(Server *server) {
        struct bellhop_item item;
        const char *reason;
        bellhop *desk;
        int r = bellhop_new(NULL, &desk);

        if (r < 0)
                report_die("bellhop_new", r);
        server_watch(server, bellhop_get_fd(desk));
        report("following");
        for (;;) {
                while ((r = bellhop_next(desk, &item)) == 1) {
                        server_add(server, item.fd, item.name);
                        if (options.fill_table)
                                table_fill();
                }
                if (r == -EPERM) {
                        unsigned long long count = bellhop_refused(desk, &reason);
                        report("refused %llu %s", count, reason);
                } else if (r == -EMFILE) {
                        report("no room");
                        table_free_some();
                } else if (r < 0) {
                        report_die("bellhop_next", r);
                }
                server_run(server, 0);
        }
}

int main(int argc, char **argv) {
        static Server server;

        options_parse(argc, argv);
        report_open(options.report);
        if (options.say)
                report("say %s", getenv(options.say) ? getenv(options.say) : "(unset)");
        if (options.print) {
                puts(options.print);
                fflush(stdout);
                fprintf(stderr, "%s on stderr\n", options.print);
        }
        server_init(&server);
        misbehave_early();
        for (int i = optind; i < argc; i++)
                claim_one(&server, argv[i]);
        if (options.any)
                claim_any(&server);
        if (options.notify)
                notify_send(options.notify);
        if (options.follow)
                follow(&server);
        if (server.count == 0 && !options.clients)
                sleep_for_ever();
        server_run(&server, (unsigned int)options.clients);
        report("done");
        if (options.crash)
                raise(SIGKILL);
        return options.exit_code;
}
