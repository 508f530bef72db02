/* SPDX-License-Identifier: MIT */
/* enable, disable, preset, mask, unmask, is-enabled: links in the unit folders, of which the
 * manager is told when one is running. */
#include "unit-install.h"

#include <stdio.h>
#include <unistd.h>

#include "client.h"
#include "offline.h"
#include "output.h"
#include "unit-name.h"

typedef int (*InstallVerb)(Install *install, const char *unit);

static GVariant *changes_to_variant(const GPtrArray *changes) {
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE("aa{sv}"));
        for (guint i = 0; i < changes->len; i++) {
                const InstallChange *change = changes->pdata[i];
                GVariantDict dict;

                g_variant_dict_init(&dict, NULL);
                g_variant_dict_insert(&dict, "Change", "s", change->target ? "link" : "unlink");
                g_variant_dict_insert(&dict, "Path", "s", change->path);
                if (change->target)
                        g_variant_dict_insert(&dict, "Target", "s", change->target);
                g_variant_builder_add_value(&builder, g_variant_dict_end(&dict));
        }
        return g_variant_ref_sink(g_variant_builder_end(&builder));
}

static void print_changes(const Ctl *ctl, const GPtrArray *changes) {
        if (ctl->json != JSON_OFF) {
                g_autoptr(GVariant) list = changes_to_variant(changes);

                output_json(ctl, list);
                return;
        }
        for (guint i = 0; i < changes->len; i++) {
                const InstallChange *change = changes->pdata[i];

                if (change->target)
                        printf("Created link %s -> %s.\n", change->path, change->target);
                else
                        printf("Removed %s.\n", change->path);
        }
}

/* Most are about files, and links, not about what is in them. */
static void print_diagnostics(const Diagnostics *diagnostics) {
        for (guint i = 0; i < diagnostics->list->len; i++) {
                const Diagnostic *diagnostic = diagnostics->list->pdata[i];
                g_autofree char *text =
                        diagnostic->line > 0
                                ? diagnostic_to_string(diagnostic)
                                : g_strdup_printf("%s: %s", diagnostic->file, diagnostic->text);

                if (diagnostic->level == DIAGNOSTIC_ERROR)
                        output_error("%s", text);
                else
                        output_warning("%s", text);
        }
}

/* Links mean nothing to a running manager until it reads its files again. Warnings about all its
 * other files have no place here. */
static CtlExit tell_manager(Ctl *ctl, const Install *install) {
        if (install->changes->len == 0 || ctl->no_reload || !ctl->bus)
                return CTL_OK;
        return ctl_reload(ctl, false);
}

/* Returns: what is printed for a refused folder too. */
static CtlExit install_all(Ctl *ctl, const UnitPath *path, char *const *units, InstallVerb verb) {
        const char *folder = install_folder(path, ctl->runtime);
        _cleanup_(install_free_cleanup) Install *install = NULL;
        CtlExit status = CTL_OK, told;

        if (!folder) {
                output_error("the search path has no folder that a reboot empties");
                return CTL_FAILURE;
        }
        install = install_new(path, folder, ctl->force);
        for (; *units; units++) {
                int r = verb(install, *units);

                if (r < 0)
                        status = MAX(status, r == -ENOENT ? CTL_NO_SUCH_UNIT : CTL_FAILURE);
        }
        print_changes(ctl, install->changes);
        print_diagnostics(install->diagnostics);
        told = tell_manager(ctl, install);
        return MAX(status, told);
}

/* now: what --now adds, or NULL. */
static CtlExit run(Ctl *ctl, char **arguments, InstallVerb verb,
                   CtlExit (*now)(Ctl *ctl, char **arguments)) {
        _cleanup_(unit_path_free_cleanup) UnitPath *path = ctl_search_path(ctl);
        g_auto(GStrv) units = unit_names_complete(arguments, ".service");
        CtlExit status = install_all(ctl, path, units, verb);

        if (status != CTL_OK || !ctl->now)
                return status;
        if (!now || !ctl->bus) {
                output_error(now ? "--now: no manager is running" : "--now has no meaning here");
                return CTL_FAILURE;
        }
        return now(ctl, units);
}

CtlExit verb_enable(Ctl *ctl, char **arguments) {
        return run(ctl, arguments, install_enable, verb_start);
}

CtlExit verb_disable(Ctl *ctl, char **arguments) {
        return run(ctl, arguments, install_disable, verb_stop);
}

CtlExit verb_preset(Ctl *ctl, char **arguments) {
        return run(ctl, arguments, install_preset, NULL);
}

CtlExit verb_mask(Ctl *ctl, char **arguments) {
        return run(ctl, arguments, install_mask, verb_stop);
}

CtlExit verb_unmask(Ctl *ctl, char **arguments) {
        return run(ctl, arguments, install_unmask, NULL);
}

/* As systemctl: the exit status is that of the best of them. */
static bool state_is_enabled(InstallState state) {
        switch (state) {
        case INSTALL_ENABLED:
        case INSTALL_ENABLED_RUNTIME:
        case INSTALL_LINKED_ALIAS:
        case INSTALL_STATIC:
        case INSTALL_INDIRECT:
                return true;
        case INSTALL_DISABLED:
        case INSTALL_MASKED:
        case INSTALL_MASKED_RUNTIME:
        case INSTALL_NOT_FOUND:
                return false;
        }
        return false;
}

CtlExit verb_is_enabled(Ctl *ctl, char **arguments) {
        _cleanup_(unit_path_free_cleanup) UnitPath *path = ctl_search_path(ctl);
        g_auto(GStrv) units = unit_names_complete(arguments, ".service");
        g_autoptr(GVariant) states = NULL;
        GVariantBuilder builder;
        bool enabled = false, found = false;

        g_variant_builder_init(&builder, G_VARIANT_TYPE("a{sv}"));
        for (char **unit = units; *unit; unit++) {
                InstallState state = install_state(path, *unit);
                const char *name = install_state_to_string(state);

                enabled |= state_is_enabled(state);
                found |= state != INSTALL_NOT_FOUND;
                g_variant_builder_add(&builder, "{sv}", *unit, g_variant_new_string(name));
                if (ctl->json == JSON_OFF && !ctl->quiet)
                        printf("%s\n", name);
        }
        states = g_variant_ref_sink(g_variant_builder_end(&builder));
        if (ctl->json != JSON_OFF && !ctl->quiet)
                output_json(ctl, states);
        if (!found)
                return CTL_NO_SUCH_UNIT;
        return enabled ? CTL_OK : CTL_FAILURE;
}
