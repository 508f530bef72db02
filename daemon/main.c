/* SPDX-License-Identifier: MIT */
/* bellhopd: options, the process's own set-up, and the event loop. */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "bellhop.h"
#include "config.h"
#include "log.h"
#include "manager.h"
#include "oom-score.h"
#include "spawn.h"

#define EXIT_USAGE 2

typedef struct Arguments {
        ManagerOptions options;
        int log_level;
        bool ended;  /* --help, --version */
        GStrv units; /* owned */
} Arguments;

static const char help_text[] =
        "Usage: bellhopd [OPTION...] [UNIT...]\n"
        "\n"
        "Opens the sockets and memfds of unit files and hands them to services, freshly\n"
        "started or already running. Starts UNIT..., else default.target if there is one,\n"
        "else every socket, every memfd, and each service that no socket would start.\n"
        "\n"
        "      --system                 the system's manager (default for root)\n"
        "      --user                   a user's manager (default for everybody else)\n"
        "      --unit-path=DIR[:DIR...] look for unit files there and nowhere else\n"
        "      --runtime-directory=DIR  control socket and lock; /run/bellhop, or\n"
        "                               $XDG_RUNTIME_DIR/bellhop\n"
        "      --ready-fd=N             write a newline to descriptor N when all is started\n"
        "      --log-level=LEVEL        err, warning, notice, info (default), debug\n"
        "  -h, --help                   this text\n"
        "      --version                the version\n"
        "\n"
        "SIGHUP reloads all unit files, SIGTERM and SIGINT stop everything and end.\n"
        "Exit status: 0 ended as asked, 1 failure, 2 wrong usage.\n";

/* ---- options ---- */

static int usage_error(const char *text, const char *value) {
        fprintf(stderr, "bellhopd: %s%s%s (see --help)\n", text, value ? ": " : "", value ?: "");
        return -EINVAL;
}

static int parse_ready_fd(const char *value, int *ret) {
        char *end;
        errno = 0;
        long fd = strtol(value, &end, 10);
        if (errno || end == value || *end || fd < 0 || fd > INT_MAX)
                return usage_error("--ready-fd: not a descriptor", value);
        if (fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0)
                return usage_error("--ready-fd: not open", value);
        *ret = (int)fd;
        return 0;
}

static int parse_log_level(const char *value, int *ret) {
        int level = log_level_from_string(value);
        if (level < 0)
                return usage_error("--log-level: unknown level", value);
        *ret = level;
        return 0;
}

/* An empty one is a variable's that isn't set: "--unit-path=$UNITS". */
static int parse_folder(const char *complaint, const char **ret) {
        if (!*optarg)
                return usage_error(complaint, "''");
        *ret = optarg;
        return 0;
}

static int parse_option(int option, Arguments *arguments) {
        switch (option) {
        case 's':
        case 'u':
                arguments->options.user_mode = option == 'u';
                return 0;
        case 'p':
                return parse_folder("--unit-path: names no folder", &arguments->options.unit_path);
        case 'r':
                return parse_folder("--runtime-directory: names no folder",
                                    &arguments->options.runtime_directory);
        case 'f':
                return parse_ready_fd(optarg, &arguments->options.ready_fd);
        case 'l':
                return parse_log_level(optarg, &arguments->log_level);
        case 'h':
                fputs(help_text, stdout);
                arguments->ended = true;
                return 0;
        case 'v':
                puts("bellhopd " BELLHOP_PROJECT_VERSION);
                arguments->ended = true;
                return 0;
        default: /* getopt_long() has said what is wrong */
                return usage_error("wrong usage", NULL);
        }
}

/* As bellhopctl does: without a suffix a service is meant. */
static int parse_arguments(int argc, char **argv, Arguments *ret) {
        static const struct option options[] = {
                { "system", no_argument, NULL, 's' },
                { "user", no_argument, NULL, 'u' },
                { "unit-path", required_argument, NULL, 'p' },
                { "runtime-directory", required_argument, NULL, 'r' },
                { "ready-fd", required_argument, NULL, 'f' },
                { "log-level", required_argument, NULL, 'l' },
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, 'v' },
                { NULL, 0, NULL, 0 },
        };
        Arguments arguments = {
                .options = { .user_mode = geteuid() != 0, .ready_fd = -EBADF },
                .log_level = LOG_INFO,
        };
        int option;
        while (!arguments.ended && (option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
                int r = parse_option(option, &arguments);
                if (r < 0)
                        return r;
        }
        g_auto(GStrv) units =
                arguments.ended ? NULL : unit_names_complete(argv + optind, ".service");
        for (char **name = units; name && *name; name++)
                if (unit_name_type(*name) == UNIT_TYPE_INVALID || unit_name_is_template(*name))
                        return usage_error("not the name of a unit that can be started", *name);
        arguments.units = g_steal_pointer(&units);
        *ret = arguments;
        return 0;
}

/* ---- the process ---- */

/* Descriptors 0, 1 and 2 must be something, or the first socket becomes one of them. Input is
 * nothing for us as for the services, which so need not open it. Not close-on-exec: they inherit
 * these. */
static void open_standard_descriptors(void) {
        int fd;
        do
                fd = open("/dev/null", O_RDWR);
        while (fd >= 0 && fd <= STDERR_FILENO);
        if (fd >= 0) {
                dup2(fd, STDIN_FILENO);
                close(fd);
        }
}

/* Whoever started us may have ignored and blocked what it liked; our children begin with the
 * defaults.
 */
static void set_up_signals(void) {
        for (int sig = 1; sig <= BELLHOP_SIGNAL_MAX; sig++)
                (void)signal(sig, sig == SIGPIPE ? SIG_IGN : SIG_DFL);
        sigset_t blocked;
        sigemptyset(&blocked);
        sigaddset(&blocked, SIGTERM);
        sigaddset(&blocked, SIGINT);
        sigaddset(&blocked, SIGHUP);
        sigaddset(&blocked, SIGCHLD);
        sigprocmask(SIG_SETMASK, &blocked, NULL);
}

/* Thousands of sockets are the manager's business, and nobody else's: the soft limit that services
 * get is the one that we were started with. */
static void raise_descriptor_limit(void) {
        struct rlimit limit;
        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return;
        log_debug(NULL, "descriptor limit %lu, of %lu", (unsigned long)limit.rlim_cur,
                  (unsigned long)limit.rlim_max);
        if (limit.rlim_cur == limit.rlim_max)
                return;
        spawn_set_descriptor_limit(&limit);
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
}

static void set_up_process(void) {
        open_standard_descriptors();
        umask(022);
        set_up_signals();
        raise_descriptor_limit();
        oom_score_note("/proc/self/oom_score_adj", 0);
        /* What the claim socket is trusted for depends on nobody being able to take it over. */
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* ---- signals ---- */

static int on_terminate(sd_event_source *source, const struct signalfd_siginfo *info,
                        void *userdata) {
        manager_shutdown(userdata);
        return 0;
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        g_auto(GStrv) lines = NULL;
        sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time());
        (void)manager_reload(userdata, &lines); /* logged */
        sd_notify(0, "READY=1");
        return 0;
}

static int watch_signals(Manager *manager) {
        int r = sd_event_add_signal(manager->event, NULL, SIGTERM, on_terminate, manager);
        if (r >= 0)
                r = sd_event_add_signal(manager->event, NULL, SIGINT, on_terminate, manager);
        if (r >= 0)
                r = sd_event_add_signal(manager->event, NULL, SIGHUP, on_reload, manager);
        if (r < 0)
                log_error(NULL, "signals: %s", g_strerror(-r));
        return r;
}

static int boot(Manager *manager, char *const *names) {
        g_autoptr(GPtrArray) loaded = manager_load_all(manager);
        return manager_boot(manager, loaded, names);
}

static int run(const Arguments *arguments) {
        _cleanup_(manager_free_cleanup) Manager *manager = NULL;
        int r = manager_new(&arguments->options, &manager);
        if (r < 0)
                return r;
        r = watch_signals(manager);
        if (r < 0)
                return r;
        (void)sd_event_set_watchdog(manager->event, true);
        r = boot(manager, arguments->units);
        if (r < 0)
                return r;
        r = sd_event_loop(manager->event);
        if (r < 0)
                log_error(NULL, "event loop: %s", g_strerror(-r));
        return r;
}

int main(int argc, char **argv) {
        Arguments arguments;
        if (parse_arguments(argc, argv, &arguments) < 0)
                return EXIT_USAGE;
        if (arguments.ended)
                return EXIT_SUCCESS;
        log_open(arguments.log_level);
        set_up_process();
        int r = run(&arguments);
        g_strfreev(arguments.units);
        log_close();
        /* Nothing is left to protect; leak checkers want to look. */
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
