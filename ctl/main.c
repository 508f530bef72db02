/* SPDX-License-Identifier: MIT */
/* bellhopctl: the command line. Options and verbs are rows; --help is made from them. */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "config.h"
#include "ctl.h"
#include "macros.h"
#include "output.h"
#include "value.h"

static const CtlVerb verbs[] = {
        { .name = "list-units",
          .arguments = "[PATTERN...]",
          .help = "List the units that are loaded",
          .max = CTL_MANY,
          .run = verb_list_units },
        { .name = "list-sockets",
          .arguments = "[PATTERN...]",
          .help = "List what is listened on, and for whom",
          .max = CTL_MANY,
          .run = verb_list_sockets },
        { .name = "list-deliveries",
          .arguments = "[PATTERN...]",
          .help = "List what was handed over, or waits to be claimed",
          .max = CTL_MANY,
          .run = verb_list_deliveries },
        { .name = "list-unit-files",
          .arguments = "[PATTERN...]",
          .help = "List the unit files there are, and whether they are enabled",
          .max = CTL_MANY,
          .offline = true,
          .run = verb_list_unit_files },
        { .name = "status",
          .arguments = "[UNIT...]",
          .help = "Show the state, deliveries and last log lines of units",
          .max = CTL_MANY,
          .run = verb_status },
        { .name = "show",
          .arguments = "UNIT...",
          .help = "Show every property of units",
          .min = 1,
          .max = CTL_MANY,
          .files = true,
          .run = verb_show },
        { .name = "is-active",
          .arguments = "UNIT...",
          .help = "Show whether units are active",
          .min = 1,
          .max = CTL_MANY,
          .run = verb_is_active },
        { .name = "is-failed",
          .arguments = "UNIT...",
          .help = "Show whether units have failed",
          .min = 1,
          .max = CTL_MANY,
          .run = verb_is_failed },
        { .name = "cat",
          .arguments = "UNIT...",
          .help = "Show the files of units",
          .min = 1,
          .max = CTL_MANY,
          .offline = true,
          .run = verb_cat },
        { .name = "verify",
          .arguments = "FILE...",
          .help = "Check unit files, also against each other",
          .min = 1,
          .max = CTL_MANY,
          .offline = true,
          .run = verb_verify },
        { .name = "directives",
          .arguments = "[PATTERN...]",
          .help = "List what a unit file may say, and what comes of it",
          .max = CTL_MANY,
          .offline = true,
          .run = verb_directives },
        { .name = "start",
          .arguments = "UNIT...",
          .help = "Start units, and wait until they have started",
          .min = 1,
          .max = CTL_MANY,
          .run = verb_start },
        { .name = "stop",
          .arguments = "UNIT...",
          .help = "Stop units, and wait until they have stopped",
          .min = 1,
          .max = CTL_MANY,
          .run = verb_stop },
        { .name = "restart",
          .arguments = "UNIT...",
          .help = "Stop and start units; their sockets stay open",
          .min = 1,
          .max = CTL_MANY,
          .run = verb_restart },
        { .name = "isolate",
          .arguments = "UNIT",
          .help = "Start a unit, and stop all that it doesn't need",
          .min = 1,
          .max = 1,
          .run = verb_isolate },
        { .name = "reload",
          .arguments = "UNIT...",
          .help = "Have services read their configuration again",
          .min = 1,
          .max = CTL_MANY,
          .run = verb_reload },
        { .name = "reset-failed",
          .arguments = "[UNIT...]",
          .help = "Forget that units have failed, or were started too often",
          .max = CTL_MANY,
          .run = verb_reset_failed },
        { .name = "kill",
          .arguments = "UNIT...",
          .help = "Send a signal to the processes of units",
          .min = 1,
          .max = CTL_MANY,
          .signals = true,
          .run = verb_kill },
        { .name = "enable",
          .arguments = "UNIT...",
          .help = "Have units started with those that they name in [Install]",
          .min = 1,
          .max = CTL_MANY,
          .offline = true,
          .run = verb_enable },
        { .name = "disable",
          .arguments = "UNIT...",
          .help = "Undo enable",
          .min = 1,
          .max = CTL_MANY,
          .offline = true,
          .run = verb_disable },
        { .name = "is-enabled",
          .arguments = "UNIT...",
          .help = "Show whether units are enabled",
          .min = 1,
          .max = CTL_MANY,
          .offline = true,
          .run = verb_is_enabled },
        { .name = "preset",
          .arguments = "UNIT...",
          .help = "Enable or disable units as the preset files say",
          .min = 1,
          .max = CTL_MANY,
          .offline = true,
          .run = verb_preset },
        { .name = "mask",
          .arguments = "UNIT...",
          .help = "Keep units from being loaded at all",
          .min = 1,
          .max = CTL_MANY,
          .offline = true,
          .run = verb_mask },
        { .name = "unmask",
          .arguments = "UNIT...",
          .help = "Undo mask",
          .min = 1,
          .max = CTL_MANY,
          .offline = true,
          .run = verb_unmask },
        { .name = "deliver",
          .arguments = "UNIT...",
          .help = "Hand what units hold to --to=SERVICE or --pid=PID",
          .min = 1,
          .max = CTL_MANY,
          .targets = true,
          .run = verb_deliver },
        { .name = "refresh",
          .arguments = "MEMFD...",
          .help = "Take new snapshots of memfd units' sources and deliver them",
          .min = 1,
          .max = CTL_MANY,
          .run = verb_refresh },
        { .name = "daemon-reload",
          .arguments = "",
          .help = "Read all unit files anew",
          .run = verb_daemon_reload },
        { .name = "shutdown",
          .arguments = "",
          .help = "Stop all units and end the manager",
          .run = verb_shutdown },
        { .name = "help",
          .arguments = "",
          .help = "Show this help",
          .offline = true,
          .run = verb_help },
};

/* For hints, which are to be typed: what leads to the manager that was meant. */
static void ctl_reach_add(Ctl *ctl, const char *option) {
        g_autofree char *old = ctl->reach;
        const char *special = strpbrk(option, " \t\n'\"\\$`&|;<>()*?[]#~!{}");
        g_autofree char *quoted = special ? g_shell_quote(option) : g_strdup(option);
        ctl->reach = g_strconcat(old, " ", quoted, NULL);
}

static int option_system(Ctl *ctl, const char *value) {
        ctl->user_mode = false;
        ctl_reach_add(ctl, "--system");
        return 0;
}

static int option_user(Ctl *ctl, const char *value) {
        ctl->user_mode = true;
        ctl_reach_add(ctl, "--user");
        return 0;
}

static int option_runtime_directory(Ctl *ctl, const char *value) {
        if (!*value)
                return -EINVAL;
        g_free(ctl->runtime_directory);
        ctl->runtime_directory = g_canonicalize_filename(value, NULL);
        g_autofree char *option = g_strconcat("--runtime-directory=", ctl->runtime_directory, NULL);
        ctl_reach_add(ctl, option);
        return 0;
}

static int find_json_mode(const char *name) {
        static const char *const modes[] = {
                [JSON_OFF] = "off",
                [JSON_SHORT] = "short",
                [JSON_PRETTY] = "pretty",
        };
        for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
                if (g_str_equal(name, modes[i]))
                        return (int)i;
        return -EINVAL;
}

static int option_json(Ctl *ctl, const char *value) {
        int mode = value                   ? find_json_mode(value)
                   : isatty(STDOUT_FILENO) ? (int)JSON_PRETTY
                                           : (int)JSON_SHORT;
        if (mode < 0)
                return mode;
        ctl->json = (JsonMode)mode;
        return 0;
}

static int option_unit_path(Ctl *ctl, const char *value) {
        ctl->unit_path = value;
        return *value ? 0 : -EINVAL;
}

static int option_file(Ctl *ctl, const char *value) {
        ctl->file = true;
        return 0;
}

static int option_runtime(Ctl *ctl, const char *value) {
        ctl->runtime = true;
        return 0;
}

static int option_force(Ctl *ctl, const char *value) {
        ctl->force = true;
        return 0;
}

static int option_now(Ctl *ctl, const char *value) {
        ctl->now = true;
        return 0;
}

static int option_no_reload(Ctl *ctl, const char *value) {
        ctl->no_reload = true;
        return 0;
}

static int option_no_legend(Ctl *ctl, const char *value) {
        ctl->legend = false;
        return 0;
}

static int option_to(Ctl *ctl, const char *value) {
        ctl->to = value;
        return *value ? 0 : -EINVAL;
}

static int option_pid(Ctl *ctl, const char *value) {
        guint64 pid;
        if (!g_ascii_string_to_unsigned(value, 10, 1, G_MAXINT32, &pid, NULL))
                return -EINVAL;
        ctl->pid = (pid_t)pid;
        return 0;
}

static int option_signal(Ctl *ctl, const char *value) {
        int sig = parse_signal(value);
        ctl->signal = sig;
        return sig;
}

static int option_kill_whom(Ctl *ctl, const char *value) {
        static const char *const all[] = { "main", "control", "all", NULL };
        ctl->whom = value;
        return g_strv_contains(all, value) ? 0 : -EINVAL;
}

static int option_quiet(Ctl *ctl, const char *value) {
        ctl->quiet = true;
        return 0;
}

static const struct {
        const char *name;
        const char *value; /* NULL: takes none */
        char letter;
        const char *help;
        int (*parse)(Ctl *ctl, const char *value); /* NULL: in apply_option() */
} options[] = {
        { "system", NULL, 0, "Talk to the system's manager (the default for root)", option_system },
        { "user", NULL, 0, "Talk to this user's manager (the default for others)", option_user },
        { "runtime-directory", "DIR", 0, "Talk to the manager with this runtime directory",
          option_runtime_directory },
        { "unit-path", "DIRS", 0, "cat, verify, show --file: look for units in these folders",
          option_unit_path },
        { "file", NULL, 0, "show: files, as they are understood; no manager is asked",
          option_file },
        { "json", "MODE", 0, "Print JSON: short, pretty or off", option_json },
        { "no-legend", NULL, 0, "Print no column titles and no totals", option_no_legend },
        { "runtime", NULL, 0, "enable, mask: until the next reboot", option_runtime },
        { "force", NULL, 'f', "enable, mask: replace links that are in the way", option_force },
        { "now", NULL, 0, "enable: start as well; disable, mask: stop", option_now },
        { "no-reload", NULL, 0, "enable and its like: don't tell the manager", option_no_reload },
        { "to", "SERVICE", 0, "deliver: to this service's main process", option_to },
        { "pid", "PID", 0, "deliver: to this process, whoever started it", option_pid },
        { "signal", "SIGNAL", 's', "kill: this one, by name or number (SIGTERM)", option_signal },
        { "kill-whom", "WHOM", 0, "kill: main, control or all processes (all)", option_kill_whom },
        { "quiet", NULL, 'q', "is-active and its like: by the exit status only", option_quiet },
        { "help", NULL, 'h', "Show this help", NULL },
        { "version", NULL, 0, "Show the version", NULL },
};

static bool value_is_optional(size_t index) {
        return options[index].parse == option_json;
}

CtlExit verb_help(Ctl *ctl, char **arguments) {
        printf("bellhopctl [OPTION...] VERB [ARGUMENT...]\n\n"
               "Ask bellhopd, and tell it what to do.\n\nVerbs:\n");
        for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
                g_autofree char *usage = g_strconcat(verbs[i].name, " ", verbs[i].arguments, NULL);
                printf("  %-28s %s\n", usage, verbs[i].help);
        }
        printf("\nOptions:\n");
        for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
                const char letter[] = { '-', options[i].letter, ',', ' ', '\0' };
                g_autofree char *usage = g_strdup_printf(
                        "%s--%s%s%s%s", options[i].letter ? letter : "    ", options[i].name,
                        !options[i].value      ? ""
                        : value_is_optional(i) ? "[="
                                               : "=",
                        options[i].value ?: "", value_is_optional(i) ? "]" : "");
                printf("  %-28s %s\n", usage, options[i].help);
        }
        printf("\nA unit's name without a suffix means a service (deliver: a socket, refresh: a "
               "memfd,\nisolate: a target).\nExit status: 0 done or active, 1 failure, 2 wrong "
               "usage, 3 not active "
               "(status, is-active),\n4 no such unit. See bellhopctl(1).\n");
        return CTL_OK;
}

static CtlExit print_version(void) {
        printf("bellhopctl %s\n", BELLHOP_PROJECT_VERSION);
        return CTL_OK;
}

static CtlExit usage(void) {
        fprintf(stderr, "See 'bellhopctl --help'.\n");
        return CTL_USAGE;
}

/* Returns: -1 to go on, or the exit status. */
static int apply_option(Ctl *ctl, size_t index, const char *value) {
        if (g_str_equal(options[index].name, "help"))
                return (int)verb_help(ctl, NULL);
        if (g_str_equal(options[index].name, "version"))
                return (int)print_version();
        if (options[index].parse(ctl, value) >= 0)
                return -1;
        output_error("--%s=%s isn't a %s", options[index].name, value, options[index].value);
        return (int)usage();
}

/* Returns: -1 to go on, with optind at the verb, or the exit status. */
static int parse_options(Ctl *ctl, int argc, char **argv) {
        struct option table[ARRAY_SIZE(options) + 1] = { 0 };
        for (size_t i = 0; i < ARRAY_SIZE(options); i++)
                table[i] = (struct option){
                        .name = options[i].name,
                        .has_arg = !options[i].value      ? no_argument
                                   : value_is_optional(i) ? optional_argument
                                                          : required_argument,
                        .val = options[i].letter,
                };
        int letter, index = 0;
        while ((letter = getopt_long(argc, argv, "hfs:q", table, &index)) != -1) {
                if (letter == '?')
                        return (int)usage();
                for (size_t i = 0; letter != 0 && i < ARRAY_SIZE(options); i++)
                        if (options[i].letter == letter)
                                index = (int)i;
                const char *value = optarg;
                /* getopt sees a value that is optional only behind "="; "--json short" is meant so,
                 * too. */
                if (value_is_optional((size_t)index) && !value && optind < argc &&
                    find_json_mode(argv[optind]) >= 0)
                        value = argv[optind++];
                int status = apply_option(ctl, (size_t)index, value);
                if (status >= 0)
                        return status;
        }
        return -1;
}

static const CtlVerb *find_verb(const char *name) {
        for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
                if (g_str_equal(verbs[i].name, name))
                        return &verbs[i];
        return NULL;
}

/* Returns: the verb, or NULL after having said why there is none. */
static const CtlVerb *parse_verb(const Ctl *ctl, int argc, char **argv) {
        if (optind >= argc) {
                output_error("which verb?");
                return NULL;
        }
        const CtlVerb *verb = find_verb(argv[optind]);
        unsigned int count = (unsigned int)(argc - optind - 1);
        if (!verb)
                output_error("there is no verb '%s'", argv[optind]);
        else if (count < verb->min)
                output_error("%s wants an argument: %s", verb->name, verb->arguments);
        else if (count > verb->max)
                output_error("%s takes no argument", verb->name);
        else if ((ctl->to || ctl->pid) && !verb->targets)
                output_error("--to= and --pid= are for deliver only");
        else if (ctl->file && !verb->files)
                output_error("--file is for show only");
        else if ((ctl->signal || ctl->whom) && !verb->signals)
                output_error("--signal= and --kill-whom= are for kill only");
        else
                return verb;
        return NULL;
}

/* Where the manager's sockets are, as bellhopd has it. */
static int settle_runtime_directory(Ctl *ctl) {
        if (ctl->runtime_directory)
                return 0;
        const char *user = getenv("XDG_RUNTIME_DIR");
        if (ctl->user_mode && (!user || !*user))
                return -ENOENT;
        ctl->runtime_directory =
                ctl->user_mode ? g_build_filename(user, "bellhop", NULL) : g_strdup("/run/bellhop");
        return 0;
}

static CtlExit run_verb(Ctl *ctl, const CtlVerb *verb, char **arguments) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        int r = settle_runtime_directory(ctl);
        if (verb->offline || ctl->file)
                return verb->run(ctl, arguments);
        if (r < 0) {
                output_error("XDG_RUNTIME_DIR isn't set, so there is no telling where this user's "
                             "manager is: set it, or use --runtime-directory=DIR");
                return CTL_FAILURE;
        }
        if (client_connect(ctl, &error) < 0)
                return client_fail(ctl, &error);
        return verb->run(ctl, arguments);
}

int main(int argc, char **argv) {
        setlocale(LC_ALL, "");
        Ctl ctl = { .user_mode = geteuid() != 0, .legend = true, .reach = g_strdup("") };
        int status = parse_options(&ctl, argc, argv);
        if (status < 0) {
                const CtlVerb *verb = parse_verb(&ctl, argc, argv);
                status = verb ? (int)run_verb(&ctl, verb, argv + optind + 1) : (int)usage();
        }
        sd_bus_flush_close_unref(ctl.bus);
        g_free(ctl.runtime_directory);
        g_free(ctl.reach);
        return status;
}
