/* SPDX-License-Identifier: MIT */
/* start, stop, restart, isolate, reload: jobs that are waited for, with a line of progress on a
 * terminal. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus-names.h"
#include "client.h"
#include "ctl.h"
#include "macros.h"
#include "output.h"
#include "unit-name.h"

typedef struct Progress {
        const char *doing; /* "starting" */
        char *const *units;
        bool shown;
} Progress;

static void progress_tick(unsigned int seconds, void *userdata) {
        Progress *progress = userdata;
        unsigned int others = g_strv_length((char **)progress->units) - 1;
        fprintf(stderr, "\r%s %s", progress->doing, progress->units[0]);
        if (others > 0)
                fprintf(stderr, " and %u more", others);
        fprintf(stderr, " ... %us", seconds);
        progress->shown = true;
}

static void progress_end(const Progress *progress) {
        if (progress->shown)
                fputs("\r\033[K", stderr);
}

/* Points to the status of each unit that the error names. */
static void jobs_hint(const Ctl *ctl, const sd_bus_error *error, char *const *units) {
        if (!sd_bus_error_has_name(error, BUS_ERROR_JOB_FAILED) || !error->message)
                return;
        g_autoptr(GString) named = g_string_new(NULL);
        for (char *const *unit = units; *unit; unit++)
                if (strstr(error->message, *unit))
                        g_string_append_printf(named, " %s", *unit);
        output_hint("see 'bellhopctl%s status%s'", ctl->reach,
                    named->len > 0 ? named->str : " UNIT");
}

static CtlExit jobs_run(Ctl *ctl, char **arguments, const char *suffix, const char *method,
                        const char *doing) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        g_auto(GStrv) units = unit_names_complete(arguments, suffix);
        Progress progress = { .doing = doing, .units = units };
        const Waiting waiting = { progress_tick, &progress };
        int r = client_call_units(ctl, method, units, isatty(STDERR_FILENO) ? &waiting : NULL,
                                  &error);
        progress_end(&progress);
        if (r >= 0)
                return CTL_OK;
        CtlExit status = client_fail(ctl, &error);
        jobs_hint(ctl, &error, units);
        return status;
}

CtlExit verb_start(Ctl *ctl, char **arguments) {
        return jobs_run(ctl, arguments, ".service", "Start", "starting");
}

CtlExit verb_stop(Ctl *ctl, char **arguments) {
        return jobs_run(ctl, arguments, ".service", "Stop", "stopping");
}

CtlExit verb_restart(Ctl *ctl, char **arguments) {
        return jobs_run(ctl, arguments, ".service", "Restart", "restarting");
}

CtlExit verb_isolate(Ctl *ctl, char **arguments) {
        return jobs_run(ctl, arguments, ".target", "Isolate", "isolating");
}

CtlExit verb_reload(Ctl *ctl, char **arguments) {
        return jobs_run(ctl, arguments, ".service", "ReloadUnits", "reloading");
}
