/* SPDX-License-Identifier: MIT */
/* Checks of several units together. */
#include "unit-verify.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directive.h"
#include "exec-search.h"
#include "key-place.h"
#include "listen-overlap.h"
#include "unit-install.h"
#include "unit-load.h"
#include "well-known.h"

/* How many units that aren't to be checked are loaded for those that are. Instances can name others
 * without end. */
#define NEIGHBOURS_MAX 8192

typedef struct Verify {
        const UnitPath *path;
        UnitSettings *const *units;
        size_t count;
        Diagnostics *diagnostics;
        GHashTable *known;   /* name -> UnitSettings *, NULL: there is none */
        GHashTable *earlier; /* name -> GPtrArray of names: what a unit waits for */
        GHashTable *visited; /* name -> Visit: where the search for cycles has been */
        ListenIndex *listens;
} Verify;

typedef enum Visit {
        VISIT_NONE,
        VISIT_ON_THE_WAY,
        VISIT_DONE,
} Visit;

/* ---- what is said ---- */

static void report(const Verify *verify, DiagnosticLevel level, const UnitSettings *unit,
                   const char *key, const char *value, const char *format, ...) _printf_(6, 7);

static void report(const Verify *verify, DiagnosticLevel level, const UnitSettings *unit,
                   const char *key, const char *value, const char *format, ...) {
        g_autofree char *text = NULL;
        const char *found = NULL;
        DirectivePlace place = { 0 };
        va_list arguments;

        /* The files are read for what is shown only. */
        if (key && diagnostics_has_room(verify->diagnostics, level, settings_file(unit, 0)))
                place = key_place(unit, key, value, &found);

        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        /* What stands nowhere is there by default. */
        diagnostics_add(verify->diagnostics, level, settings_file(unit, place.file), place.line,
                        found, "%s", text);
}

/* ---- neighbours ---- */

static void add_order(const Verify *verify, const char *later, const char *earlier) {
        GPtrArray *names = g_hash_table_lookup(verify->earlier, later);

        if (!names) {
                names = g_ptr_array_new_with_free_func(g_free);
                g_hash_table_insert(verify->earlier, g_strdup(later), names);
        }
        g_ptr_array_add(names, g_strdup(earlier));
}

static void add_orders(const Verify *verify, const char *unit, GStrv others,
                       bool others_are_earlier) {
        for (; others && *others; others++)
                add_order(verify, others_are_earlier ? unit : *others,
                          others_are_earlier ? *others : unit);
}

/* What goes without saying: a service comes after what provides for it. */
static void add_order_of_service(const Verify *verify, UnitSettings *unit) {
        if (unit->type == UNIT_SERVICE) {
                add_orders(verify, unit->name, SERVICE_SETTINGS(unit)->sockets, true);
                add_orders(verify, unit->name, SERVICE_SETTINGS(unit)->memfds, true);
        } else if (unit->type == UNIT_SOCKET && SOCKET_SETTINGS(unit)->accept != ACCEPT_YES) {
                g_autofree char *service = socket_settings_service(SOCKET_SETTINGS(unit));
                add_order(verify, service, unit->name);
        } else if (unit->type == UNIT_MEMFD) {
                g_autofree char *service = unit_name_change_type(unit->name, UNIT_SERVICE);
                if (MEMFD_SETTINGS(unit)->services)
                        add_orders(verify, unit->name, MEMFD_SETTINGS(unit)->services, false);
                else
                        add_order(verify, service, unit->name);
        }
}

/* unit NULL: there is none. Takes it over. */
static void add_known(const Verify *verify, const char *name, UnitSettings *unit) {
        g_hash_table_insert(verify->known, g_strdup(name), unit);
        if (!unit)
                return;
        add_orders(verify, unit->name, unit->after, true);
        add_orders(verify, unit->name, unit->before, false);
        add_order_of_service(verify, unit);
}

static UnitSettings *find_unit(const Verify *verify, const char *name) {
        UnitSettings *unit = NULL;
        gpointer found;

        if (g_hash_table_lookup_extended(verify->known, name, NULL, &found))
                return found;
        if (g_hash_table_size(verify->known) >= verify->count + NEIGHBOURS_MAX ||
            unit_load(verify->path, name, NULL, &unit) < 0)
                unit = NULL;
        add_known(verify, name, unit);
        return unit;
}

/* There, if not necessarily without a mistake; or masked, which is no mistake, but there is no more
 * of it then. */
static bool unit_exists(const Verify *verify, const char *name) {
        g_autofree char *file = NULL;

        if (find_unit(verify, name))
                return true;
        file = unit_path_find(verify->path, name);
        return file != NULL;
}

/* ---- a service that isn't there ---- */

static void check_socket_service(Verify *verify, const UnitSettings *unit) {
        const SocketSettings *settings = SOCKET_SETTINGS((UnitSettings *)unit);
        g_autofree char *service = socket_settings_service(settings);

        if (!unit_exists(verify, service))
                report(verify, DIAGNOSTIC_ERROR, unit, "Service", NULL,
                       "there is no %s to be started%s", service,
                       settings->accept == ACCEPT_YES ? " for each connection" : "");
        else if (unit_path_is_masked(verify->path, service))
                report(verify, DIAGNOSTIC_WARNING, unit, "Service", NULL,
                       "%s is masked: nothing is started", service);
}

static void check_names_exist(Verify *verify, const UnitSettings *unit, const char *key,
                              char **names) {
        for (; names && *names; names++)
                if (!unit_exists(verify, *names))
                        report(verify, DIAGNOSTIC_ERROR, unit, key, *names, "there is no unit %s",
                               *names);
}

static void check_providers(Verify *verify, const UnitSettings *unit) {
        const ServiceSettings *settings = SERVICE_SETTINGS((UnitSettings *)unit);

        check_names_exist(verify, unit, "Sockets", settings->sockets);
        check_names_exist(verify, unit, "Memfds", settings->memfds);
}

/* What is said of a name that nothing bears. What is only kept out (Conflicts=) may well not be
 * there, and neither may what others would say of this unit. */
static const struct {
        const char *property;
        DiagnosticLevel level;
        const char *consequence;
} dependencies[] = {
        { "Requires", DIAGNOSTIC_ERROR, "; this unit can't start without it" },
        { "BindsTo", DIAGNOSTIC_ERROR, "; this unit can't start without it" },
        { "Requisite", DIAGNOSTIC_ERROR, "; this unit can't start without it" },
        { "Wants", DIAGNOSTIC_WARNING, "" },
        { "Upholds", DIAGNOSTIC_WARNING, "" },
        { "OnFailure", DIAGNOSTIC_WARNING, "" },
        { "OnSuccess", DIAGNOSTIC_WARNING, "" },
        { "PartOf", DIAGNOSTIC_WARNING, "; that has no effect" },
        { "After", DIAGNOSTIC_WARNING, "; the order has no effect" },
        { "Before", DIAGNOSTIC_WARNING, "; the order has no effect" },
};

/* Of a unit that must be there a name isn't enough. */
static bool name_is_in_order(const Verify *verify, const char *name, DiagnosticLevel level) {
        bool required = level == DIAGNOSTIC_ERROR;

        if (unit_exists(verify, name) && !(required && unit_path_is_masked(verify->path, name)))
                return true;
        return required ? unit_well_known(name) != NULL : unit_is_systemds(name);
}

/* A file that needs a device or a mount is no mistake: it is the type that there isn't here. */
static void report_missing(Verify *verify, const UnitSettings *unit, size_t dependency,
                           const char *name) {
        bool foreign = unit_name_is_foreign(name);
        const char *what = unit_path_is_masked(verify->path, name) ? "this one is masked:"
                                                                   : "there is no unit";

        report(verify, foreign ? DIAGNOSTIC_WARNING : dependencies[dependency].level, unit,
               dependencies[dependency].property, name, "%s %s%s%s", what, name,
               foreign ? ": bellhop has none of this type" : "",
               dependencies[dependency].consequence);
}

static void check_dependencies(Verify *verify, const UnitSettings *unit) {
        for (size_t i = 0; i < ARRAY_SIZE(dependencies); i++) {
                const GStrv *names = settings_value(unit, dependencies[i].property);

                for (char **name = names ? *names : NULL; name && *name; name++)
                        if (!name_is_in_order(verify, *name, dependencies[i].level))
                                report_missing(verify, unit, i, *name);
        }
}

/* A unit with such an Alias= is started as any other; only enabling it fails. */
static void check_aliases(Verify *verify, const UnitSettings *unit) {
        const GStrv *aliases = settings_given(unit, "Alias");

        for (char **alias = aliases ? *aliases : NULL; alias && *alias; alias++) {
                g_autofree char *name = install_alias(unit, *alias);

                if (!name)
                        report(verify, DIAGNOSTIC_ERROR, unit, "Alias", *alias, INSTALL_BAD_ALIAS,
                               *alias, unit->name);
        }
}

/* ---- what is used twice ---- */

static void report_overlap(Verify *verify, const ListenUse *use, const ListenUse *other) {
        const UnitSettings *unit = &use->settings->unit;
        const Address *address = use->listen->address, *there = other->listen->address;
        bool same = !strcmp(address->text, there->text);
        g_autofree char *line = g_strdup_printf("line %u", other->listen->line);
        const char *where = other->settings == use->settings ? line : other->settings->unit.name;
        g_autofree char *text =
                same ? g_strdup_printf("is listened on by %s as well", where)
                     : g_strdup_printf("overlaps %s of %s, only one of them can be bound%s",
                                       there->text, where,
                                       address->family != there->family ? "; see BindIPv6Only="
                                                                        : "");

        diagnostics_add(verify->diagnostics, DIAGNOSTIC_ERROR,
                        settings_file(unit, use->listen->file), use->listen->line, NULL, "%s %s",
                        address->text, text);
}

static void check_addresses(Verify *verify, const UnitSettings *unit) {
        const SocketSettings *settings = SOCKET_SETTINGS((UnitSettings *)unit);

        for (guint i = 0; i < settings->listens->len; i++) {
                const ListenUse use = { settings, settings->listens->pdata[i] };
                const ListenUse *other = listen_index_find(verify->listens, &use);

                if (other)
                        report_overlap(verify, &use, other);
        }
}

static bool socket_has_name(const SocketSettings *settings, const char *name) {
        for (guint i = 0; i < settings->listens->len; i++)
                if (!strcmp(socket_settings_item_name(settings, settings->listens->pdata[i]), name))
                        return true;
        return false;
}

static bool unit_has_item(const UnitSettings *unit, const char *name) {
        UnitSettings *settings = (UnitSettings *)unit;

        if (unit->type == UNIT_SOCKET)
                return socket_has_name(SOCKET_SETTINGS(settings), name);
        return unit->type == UNIT_MEMFD &&
               !strcmp(memfd_settings_item_name(MEMFD_SETTINGS(settings)), name);
}

/* By Service= or by their own name; Sockets= and Memfds= are the service's to say. */
static bool unit_is_for(const UnitSettings *unit, const char *service) {
        UnitSettings *settings = (UnitSettings *)unit;
        g_autofree char *default_service = NULL;

        if (unit->type == UNIT_SOCKET)
                default_service = socket_settings_service(SOCKET_SETTINGS(settings));
        else if (unit->type == UNIT_MEMFD && MEMFD_SETTINGS(settings)->services)
                return g_strv_contains((const char *const *)MEMFD_SETTINGS(settings)->services,
                                       service);
        else if (unit->type == UNIT_MEMFD)
                default_service = unit_name_change_type(unit->name, UNIT_SERVICE);
        return default_service && !strcmp(default_service, service);
}

static void check_item_name(Verify *verify, const UnitSettings *unit, const char *service,
                            const char *name) {
        for (size_t i = 0; i < verify->count && verify->units[i] != unit; i++) {
                const UnitSettings *other = verify->units[i];

                if (unit_is_for(other, service) && unit_has_item(other, name))
                        report(verify, DIAGNOSTIC_WARNING, unit, "FileDescriptorName", name,
                               "%s gives %s a descriptor named '%s' as well", other->name, service,
                               name);
        }
}

static void check_socket_names(Verify *verify, const UnitSettings *unit) {
        const SocketSettings *settings = SOCKET_SETTINGS((UnitSettings *)unit);
        g_autofree char *service = socket_settings_service(settings);
        const char *last = NULL;

        for (guint i = 0; i < settings->listens->len; i++) {
                const char *name = socket_settings_item_name(settings, settings->listens->pdata[i]);

                if (!last || strcmp(name, last))
                        check_item_name(verify, unit, service, name);
                last = name;
        }
}

static void check_memfd_services(Verify *verify, const UnitSettings *unit) {
        const MemfdSettings *settings = MEMFD_SETTINGS((UnitSettings *)unit);
        g_autofree char *default_service = unit_name_change_type(unit->name, UNIT_SERVICE);
        char *const default_services[] = { default_service, NULL };
        char *const *services = settings->services ? settings->services : default_services;

        for (; *services; services++) {
                if (!unit_exists(verify, *services))
                        report(verify, DIAGNOSTIC_ERROR, unit, "Service", *services,
                               "there is no %s to hand it to", *services);
                check_item_name(verify, unit, *services, memfd_settings_item_name(settings));
        }
}

/* ---- what can't be read or run ---- */

/* Returns: 0, or why a memfd can't be made of it, as the start would say. */
static int source_error(const MemfdSettings *settings) {
        struct stat st;

        if (access(settings->source, R_OK) < 0 || stat(settings->source, &st) < 0)
                return errno;
        if (!S_ISREG(st.st_mode))
                return S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
        return (uint64_t)st.st_size > settings->max_size ? EFBIG : 0;
}

static void check_source(Verify *verify, const UnitSettings *unit) {
        const MemfdSettings *settings = MEMFD_SETTINGS((UnitSettings *)unit);
        int error = settings->source ? source_error(settings) : 0;
        const char *reason = error == EINVAL  ? "it is no regular file"
                             : error == EFBIG ? "it is larger than MaxSize="
                                              : g_strerror(error);

        if (error)
                report(verify, DIAGNOSTIC_ERROR, unit, "Source", NULL, "%s can't be read: %s",
                       settings->source, reason);
}

/* Returns: 0, or why it can't be executed. */
static int program_error(const char *place) {
        struct stat st;

        if (access(place, X_OK) < 0 || stat(place, &st) < 0)
                return errno;
        return S_ISDIR(st.st_mode) ? EISDIR : S_ISREG(st.st_mode) ? 0 : EACCES;
}

static void check_command(const Verify *verify, const UnitSettings *unit, const char *key,
                          const ExecCommand *command) {
        g_autofree char *path = NULL, *place = NULL;
        int error = ENOENT;

        if (command->ignore_failure)
                return;
        if (exec_search(unit, command->path, &path) >= 0) {
                place = exec_search_place(unit, path);
                error = program_error(place);
                if (error == 0)
                        return;
        }
        diagnostics_add(verify->diagnostics, DIAGNOSTIC_ERROR, settings_file(unit, command->file),
                        command->line, key, "%s can't be run: %s", place ? place : command->path,
                        g_strerror(error));
}

static void check_commands(const Verify *verify, const UnitSettings *unit, const char *key,
                           const GPtrArray *commands) {
        for (guint i = 0; commands && i < commands->len; i++)
                check_command(verify, unit, key, commands->pdata[i]);
}

/* Of a service and of a socket; what a unit hasn't got isn't given. */
static void check_programs(Verify *verify, const UnitSettings *unit) {
        static const char *const keys[] = { "ExecCondition", "ExecStartPre", "ExecStartPost",
                                            "ExecReload",    "ExecStop",     "ExecStopPre",
                                            "ExecStopPost" };

        if (unit->type == UNIT_SERVICE)
                check_commands(verify, unit, "ExecStart",
                               SERVICE_SETTINGS((UnitSettings *)unit)->exec_start);
        for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
                GPtrArray *const *commands = settings_given(unit, keys[i]);

                check_commands(verify, unit, keys[i], commands ? *commands : NULL);
        }
}

/* ---- what is waited for in vain ---- */

/* "-H fd://", "--host=fd://": nothing else means the listeners of systemd's that plainly. */
static bool argument_is_listener(const char *argument) {
        const char *value = strchr(argument, '=');

        return g_str_has_prefix(argument, "fd://") ||
               (argument[0] == '-' && value && g_str_has_prefix(value + 1, "fd://"));
}

static bool command_wants_listeners(const ExecCommand *command) {
        g_autofree char *program = g_path_get_basename(command->path);

        if (!strcmp(program, "systemd-socket-proxyd"))
                return true;
        for (char **argument = command->argv; *argument; argument++)
                if (argument_is_listener(*argument))
                        return true;
        return false;
}

/* Of most programs only their authors know whether they look for LISTEN_FDS; of some it shows. */
static void check_listen_fds(Verify *verify, const UnitSettings *unit) {
        static const char text[] = "this expects its sockets as LISTEN_FDS says, which isn't set "
                                   "here: a program has to claim them (bellhop_claim(3))";
        const ServiceSettings *settings = SERVICE_SETTINGS((UnitSettings *)unit);
        const ExecCommand *command = exec_start_first(settings);

        if (command && command_wants_listeners(command))
                diagnostics_add(verify->diagnostics, DIAGNOSTIC_WARNING,
                                settings_file(unit, command->file), command->line, "ExecStart",
                                "%s", text);
        for (char **variable = settings->environment; variable && *variable; variable++)
                if (g_str_has_prefix(*variable, "LISTEN_FDS="))
                        report(verify, DIAGNOSTIC_WARNING, unit, "Environment", *variable, "%s",
                               text);
}

/* ---- the order ---- */

typedef struct Step {
        char *name; /* borrowed */
        guint next; /* of what it waits for, which is to be looked at next */
} Step;

static Visit visit_of(const Verify *verify, const char *name) {
        return GPOINTER_TO_UINT(g_hash_table_lookup(verify->visited, name));
}

static void visit_note(const Verify *verify, const char *name, Visit visit) {
        g_hash_table_insert(verify->visited, g_strdup(name), GUINT_TO_POINTER(visit));
}

/* Reports at the line that says so, if there is one. Returns: there is. */
static bool report_order(const Verify *verify, const char *name, const char *key, const char *other,
                         const char *text) {
        const UnitSettings *unit = find_unit(verify, name);
        const char *found = NULL;
        DirectivePlace place = { 0 };

        if (unit)
                place = key_place(unit, key, other, &found);
        if (!found)
                return false;
        diagnostics_add(verify->diagnostics, DIAGNOSTIC_ERROR, settings_file(unit, place.file),
                        place.line, found, "%s", text);
        return true;
}

/* One unit waits for another by its own After=, by the other's Before=, or without a word. */
static void report_cycle(const Verify *verify, const GArray *way, const char *last) {
        g_autoptr(GString) text = g_string_new("the order goes in a circle: ");
        guint begin = way->len;

        while (strcmp(g_array_index(way, Step, --begin).name, last) != 0)
                ;
        for (guint i = begin; i < way->len; i++)
                g_string_append_printf(text, "%s after ", g_array_index(way, Step, i).name);
        g_string_append(text, last);
        for (guint i = begin; i < way->len; i++) {
                const char *later = g_array_index(way, Step, i).name;
                const char *earlier =
                        i + 1 < way->len ? g_array_index(way, Step, i + 1).name : last;

                if (report_order(verify, later, "After", earlier, text->str) ||
                    report_order(verify, earlier, "Before", later, text->str))
                        return;
        }
        report(verify, DIAGNOSTIC_ERROR, find_unit(verify, last), NULL, NULL, "%s", text->str);
}

static void step_onto(const Verify *verify, GArray *way, const char *name) {
        Step step = { .name = (char *)name };

        visit_note(verify, name, VISIT_ON_THE_WAY);
        g_array_append_val(way, step);
}

/* The next of what the last unit of the way waits for (borrowed), or NULL. */
static const char *step_next(const Verify *verify, GArray *way) {
        Step *last = &g_array_index(way, Step, way->len - 1);
        const GPtrArray *names = g_hash_table_lookup(verify->earlier, last->name);

        return names && last->next < names->len ? names->pdata[last->next++] : NULL;
}

/* Depth first, from the later one to the earlier. */
static void check_order(Verify *verify, const UnitSettings *unit) {
        g_autoptr(GArray) way = g_array_new(FALSE, FALSE, sizeof(Step));

        if (visit_of(verify, unit->name) == VISIT_NONE)
                step_onto(verify, way, unit->name);
        while (way->len > 0) {
                const char *earlier = step_next(verify, way);

                if (!earlier) {
                        visit_note(verify, g_array_index(way, Step, way->len - 1).name, VISIT_DONE);
                        g_array_set_size(way, way->len - 1);
                } else if (visit_of(verify, earlier) == VISIT_ON_THE_WAY) {
                        report_cycle(verify, way, earlier);
                } else if (visit_of(verify, earlier) == VISIT_NONE && find_unit(verify, earlier)) {
                        step_onto(verify, way, earlier);
                }
        }
}

/* ---- all of it ---- */

static const struct {
        UnitType type; /* UNIT_TYPE_INVALID: all */
        void (*check)(Verify *verify, const UnitSettings *unit);
} checks[] = {
        { UNIT_TYPE_INVALID, check_dependencies }, { UNIT_TYPE_INVALID, check_order },
        { UNIT_TYPE_INVALID, check_aliases },      { UNIT_SOCKET, check_socket_service },
        { UNIT_SOCKET, check_addresses },          { UNIT_SOCKET, check_socket_names },
        { UNIT_MEMFD, check_memfd_services },      { UNIT_MEMFD, check_source },
        { UNIT_SERVICE, check_providers },         { UNIT_SERVICE, check_listen_fds },
        { UNIT_TYPE_INVALID, check_programs },
};

static void unref(gpointer settings) {
        settings_unref(settings);
}

void unit_verify(const UnitPath *path, UnitSettings *const *units, size_t count,
                 Diagnostics *diagnostics) {
        Verify verify = {
                .path = path,
                .units = units,
                .count = count,
                .diagnostics = diagnostics,
                .known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unref),
                .earlier = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                 (GDestroyNotify)g_ptr_array_unref),
                .visited = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                .listens = listen_index_new(),
        };

        for (size_t i = 0; i < count; i++) {
                add_known(&verify, units[i]->name, settings_ref(units[i]));
                if (units[i]->type == UNIT_SOCKET)
                        listen_index_add(verify.listens, SOCKET_SETTINGS(units[i]));
        }
        for (size_t i = 0; i < count; i++)
                for (size_t j = 0; j < ARRAY_SIZE(checks); j++)
                        if (checks[j].type == UNIT_TYPE_INVALID || checks[j].type == units[i]->type)
                                checks[j].check(&verify, units[i]);
        listen_index_free(verify.listens);
        g_hash_table_unref(verify.visited);
        g_hash_table_unref(verify.earlier);
        g_hash_table_unref(verify.known);
}
