/* SPDX-License-Identifier: MIT */
/* bellhopctl: what the command line said, and the verbs. A verb asks the manager, prints, and
 * returns the exit status. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

typedef enum CtlExit {
        CTL_OK = 0,
        CTL_FAILURE = 1,
        CTL_USAGE = 2,
        CTL_INACTIVE = 3,     /* status: not every unit is active; is-active: none is */
        CTL_NO_SUCH_UNIT = 4, /* any verb */
} CtlExit;

typedef enum JsonMode {
        JSON_OFF,
        JSON_SHORT,
        JSON_PRETTY,
} JsonMode;

typedef struct Ctl {
        bool user_mode;
        char *runtime_directory;
        char *reach; /* the options that lead to this manager, for hints: " --user" or "" */
        JsonMode json;
        bool legend;
        const char *unit_path; /* --unit-path=DIRS, or NULL */
        bool file;             /* --file: show looks at files, not at the manager's units */
        bool runtime, force, now, no_reload; /* enable and its like: --runtime, --force, ... */
        const char *to;                      /* --to=SERVICE, or NULL */
        pid_t pid;                           /* --pid=PID, or 0 */
        const char *whom;                    /* --kill-whom=, or NULL */
        int signal;                          /* --signal=, or 0 */
        bool quiet;                          /* --quiet */
        sd_bus *bus;
} Ctl;

typedef struct CtlVerb {
        const char *name;
        const char *arguments; /* "UNIT..." as --help shows it, or "" */
        const char *help;
        unsigned int min, max; /* how many arguments */
        bool offline;          /* needs no manager */
        bool targets;          /* takes --to= and --pid= */
        bool files;            /* takes --file */
        bool signals;          /* takes --signal= and --kill-whom= */
        CtlExit (*run)(Ctl *ctl, char **arguments);
} CtlVerb;

#define CTL_MANY UINT_MAX

CtlExit verb_list_units(Ctl *ctl, char **arguments);
CtlExit verb_list_sockets(Ctl *ctl, char **arguments);
CtlExit verb_list_deliveries(Ctl *ctl, char **arguments);
CtlExit verb_list_unit_files(Ctl *ctl, char **arguments);
CtlExit verb_status(Ctl *ctl, char **arguments);
CtlExit verb_show(Ctl *ctl, char **arguments);
CtlExit verb_is_active(Ctl *ctl, char **arguments);
CtlExit verb_is_failed(Ctl *ctl, char **arguments);
CtlExit verb_reset_failed(Ctl *ctl, char **arguments);
CtlExit verb_kill(Ctl *ctl, char **arguments);
CtlExit verb_start(Ctl *ctl, char **arguments);
CtlExit verb_stop(Ctl *ctl, char **arguments);
CtlExit verb_restart(Ctl *ctl, char **arguments);
CtlExit verb_isolate(Ctl *ctl, char **arguments);
CtlExit verb_reload(Ctl *ctl, char **arguments);
CtlExit verb_daemon_reload(Ctl *ctl, char **arguments);
CtlExit verb_refresh(Ctl *ctl, char **arguments);
CtlExit verb_deliver(Ctl *ctl, char **arguments);
CtlExit verb_shutdown(Ctl *ctl, char **arguments);
CtlExit verb_verify(Ctl *ctl, char **arguments);
CtlExit verb_cat(Ctl *ctl, char **arguments);
CtlExit verb_enable(Ctl *ctl, char **arguments);
CtlExit verb_disable(Ctl *ctl, char **arguments);
CtlExit verb_is_enabled(Ctl *ctl, char **arguments);
CtlExit verb_mask(Ctl *ctl, char **arguments);
CtlExit verb_unmask(Ctl *ctl, char **arguments);
CtlExit verb_preset(Ctl *ctl, char **arguments);
CtlExit verb_directives(Ctl *ctl, char **arguments);
CtlExit verb_help(Ctl *ctl, char **arguments);

/* Has the manager read its files again, and shows what is wrong with them. */
CtlExit ctl_reload(Ctl *ctl, bool show_warnings);
