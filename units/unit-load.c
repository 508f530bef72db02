/* SPDX-License-Identifier: MIT */
/* From a unit's file to its settings: each line to its row of the directive table. */
#include "unit-load.h"

#include <string.h>
#include <unistd.h>

#include "directive.h"
#include "specifier.h"
#include "unit-check.h"
#include "unit-dropin.h"
#include "unit-file.h"
#include "value.h"

typedef struct UnitLoad {
        DirectiveContext context;
        GArray *places;               /* the context's */
        Diagnostics *own_diagnostics; /* where the caller wants none */
        unsigned int errors;          /* that there were before */
        SpecifierCache specifiers;
} UnitLoad;

static bool is_private(const char *name) {
        return name[0] == 'X' && name[1] == '-';
}

/* Returns: it is one of ours. */
static bool enter_section(const DirectiveContext *context, const char *section) {
        const char *nearest = directive_section(context->settings->type, section);

        if (nearest && !strcmp(nearest, section))
                return true;
        if (is_private(section))
                return false;
        if (nearest)
                value_warn(context, "unknown section [%s]; did you mean [%s]?", section, nearest);
        else
                value_warn(context, "unknown section [%s]", section);
        return false;
}

/* The other sections that a key may have got lost from. */
static const char *right_section(const DirectiveContext *context) {
        static const char *const sections[] = { "Unit", "Install", "Service", "Socket", "Memfd" };

        for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
                if (directive_find(context->settings->type, sections[i], context->key))
                        return sections[i];
        return NULL;
}

static void report_unknown(const DirectiveContext *context, const char *section) {
        const char *right, *nearest;

        if (is_private(context->key))
                return;
        /* The nearest key is looked for in all of the table. */
        if (!diagnostics_has_room(context->diagnostics, DIAGNOSTIC_WARNING, context->file)) {
                value_warn(context, "unknown key in [%s]", section);
                return;
        }
        right = right_section(context);
        if (right) {
                value_warn(context, "unknown key in [%s]; it belongs into [%s]", section, right);
                return;
        }
        nearest = directive_nearest(context->settings->type, section, context->key);
        if (nearest)
                value_warn(context, "unknown key in [%s]; did you mean %s=?", section, nearest);
        else
                value_warn(context, "unknown key in [%s]", section);
}

/* The key's, which may be new. */
static DirectivePlace *load_place(const UnitLoad *load, const Directive *directive) {
        DirectivePlace *found = directive_find_place(load->places, directive);
        DirectivePlace place = { .directive = directive };

        if (found)
                return found;
        g_array_append_val(load->places, place);
        return &g_array_index(load->places, DirectivePlace, load->places->len - 1);
}

static bool load_line(void *userdata, const char *section, const char *key, char *value,
                      unsigned int line) {
        UnitLoad *load = userdata;
        const Directive *directive;
        DirectivePlace *place;

        load->context.line = line;
        load->context.key = key;
        if (!key)
                return enter_section(&load->context, section);
        directive = directive_find(load->context.settings->type, section, key);
        if (!directive) {
                report_unknown(&load->context, section);
                return true;
        }
        place = load_place(load, directive);
        place->line = line;
        place->file = load->context.file_number;
        place->wrong = directive_apply(&load->context, directive, value) < 0;
        return true;
}

/* Settings with every default, and what is needed to read into them. */
static void load_begin(UnitLoad *load, const char *name, const char *file, bool user_mode,
                       Diagnostics *diagnostics) {
        load->places = g_array_new(FALSE, FALSE, sizeof(DirectivePlace));
        load->own_diagnostics = diagnostics ? NULL : diagnostics_new();
        load->context = (DirectiveContext){
                .settings = settings_new(unit_name_type(name), name, file),
                .diagnostics = diagnostics ? diagnostics : load->own_diagnostics,
                .user_mode = user_mode,
                .places = load->places,
                .specifiers = &load->specifiers,
        };
        load->errors = load->context.diagnostics->errors;
}

/* The file that is read next. */
static void load_set_file(UnitLoad *load, const char *file, unsigned int number) {
        load->context.file = file;
        load->context.file_number = number;
        load->context.line = 0;
        load->context.key = NULL;
}

/* r: how reading went. */
static int load_end(UnitLoad *load, int r, UnitSettings **ret) {
        if (r >= 0) {
                load_set_file(load, settings_file(load->context.settings, 0), 0);
                unit_check(&load->context);
                if (load->context.diagnostics->errors > load->errors)
                        r = -EBADMSG;
        }
        if (r >= 0)
                *ret = load->context.settings;
        else
                settings_unref(load->context.settings);
        g_array_unref(load->places);
        specifier_cache_clear(&load->specifiers);
        diagnostics_free(load->own_diagnostics);
        return r < 0 ? r : 0;
}

static int load_dropins(UnitLoad *load, const UnitPath *path) {
        UnitSettings *settings = load->context.settings;
        Diagnostics *diagnostics = load->context.diagnostics;
        int r;

        r = unit_dropin_find(path, settings->name, settings->aliases, diagnostics,
                             &settings->dropins);
        for (unsigned int i = 0; r >= 0 && settings->dropins && settings->dropins[i]; i++) {
                load_set_file(load, settings->dropins[i], i + 1);
                r = unit_file_parse(settings->dropins[i], false, diagnostics, load_line, load);
                if (r == -ENOENT) /* it has gone meanwhile */
                        r = 0;
        }
        return r;
}

/* The links of NAME.wants and its like are as if they stood in the file. */
static int load_dependencies(UnitLoad *load, const UnitPath *path, const char *suffix,
                             const char *key) {
        const UnitSettings *settings = load->context.settings;
        const Directive *directive = directive_find(settings->type, "Unit", key);
        g_auto(GStrv) names = NULL;
        int r;

        r = unit_dropin_dependencies(path, settings->name, settings->aliases, suffix,
                                     load->context.diagnostics, &names);
        if (r < 0)
                return r;
        load_set_file(load, settings_file(settings, 0), 0);
        load->context.key = key;
        for (char **name = names; name && *name; name++)
                directive_apply(&load->context, directive, *name);
        return 0;
}

/* A service that goes without saying may be another name of one. */
static void load_default_service(UnitLoad *load, const UnitPath *path) {
        UnitSettings *settings = load->context.settings;
        g_autofree char *service = unit_name_change_type(settings->name, UNIT_SERVICE);
        g_autofree char *unit = unit_path_resolve(path, service);

        if (!strcmp(service, unit))
                return;
        if (settings->type == UNIT_SOCKET && !SOCKET_SETTINGS(settings)->service &&
            SOCKET_SETTINGS(settings)->accept != ACCEPT_YES)
                SOCKET_SETTINGS(settings)->service = g_steal_pointer(&unit);
        if (settings->type == UNIT_MEMFD && !MEMFD_SETTINGS(settings)->services) {
                MEMFD_SETTINGS(settings)->services = g_new0(char *, 2);
                MEMFD_SETTINGS(settings)->services[0] = g_steal_pointer(&unit);
        }
}

/* is_regular: the unit's own file is known to be. */
static int load_files(UnitLoad *load, const UnitPath *path, bool is_regular) {
        static const struct {
                const char *suffix, *key;
        } pullers[] = {
                { ".wants", "Wants" },
                { ".requires", "Requires" },
                { ".upholds", "Upholds" },
        };
        UnitSettings *settings = load->context.settings;
        int r = 0;

        settings->aliases = unit_path_aliases(path, settings->name);
        load_set_file(load, settings_file(settings, 0), 0);
        if (settings->path)
                r = unit_file_parse(settings->path, is_regular, load->context.diagnostics,
                                    load_line, load);
        if (r >= 0)
                r = load_dropins(load, path);
        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(pullers); i++)
                r = load_dependencies(load, path, pullers[i].suffix, pullers[i].key);
        if (r >= 0)
                load_default_service(load, path);
        return r;
}

/* A name that is a link to nothing is a mistake, not the lack of a unit. */
static int fail_dangling(const UnitPath *path, const char *name, const char *unit,
                         Diagnostics *diagnostics) {
        g_autofree char *file = unit_path_find_link(path, name);

        diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, file ? file : name, 0, NULL,
                        "a link to %s, of which there is no file", unit);
        return -EBADMSG;
}

/* file: its path may be NULL: a target needs none. */
static int load_from(const UnitPath *path, const char *unit, const UnitFile *file,
                     Diagnostics *diagnostics, UnitSettings **ret) {
        UnitLoad load = { 0 };

        load_begin(&load, unit, file->path, path->user_mode, diagnostics);
        load.context.path = path;
        return load_end(&load, load_files(&load, path, file->is_regular), ret);
}

int unit_load(const UnitPath *path, const char *name, Diagnostics *diagnostics,
              UnitSettings **ret) {
        g_autofree char *file = NULL, *unit = NULL;

        if (unit_name_type(name) == UNIT_TYPE_INVALID)
                return -EINVAL;
        unit = unit_path_resolve(path, name);
        file = unit_path_find(path, unit);
        if (!file && !unit_dropin_makes_target(path, unit))
                return strcmp(unit, name) ? fail_dangling(path, name, unit, diagnostics) : -ENOENT;
        return load_from(path, unit, &(UnitFile){ .path = file }, diagnostics, ret);
}

int unit_load_file(const UnitPath *path, const UnitFile *file, Diagnostics *diagnostics,
                   UnitSettings **ret) {
        const char *name = unit_name_of_file(file->path);
        int r = load_from(path, name, file, diagnostics, ret);

        /* It has gone since it was listed: then another folder's counts. */
        return r == -ENOENT && access(file->path, F_OK) < 0
                       ? unit_load(path, name, diagnostics, ret)
                       : r;
}

char *unit_load_service(const UnitPath *path, const char *name) {
        g_autofree char *unit = NULL, *file = NULL;
        UnitLoad load = { 0 };
        char *service;

        if (unit_name_type(name) != UNIT_SOCKET)
                return NULL;
        unit = unit_path_resolve(path, name);
        file = unit_path_find(path, unit);
        load_begin(&load, unit, file, path->user_mode, NULL);
        load.context.path = path;
        (void)load_files(&load, path, false);
        service = socket_settings_service(SOCKET_SETTINGS(load.context.settings));
        (void)load_end(&load, -EBADMSG, NULL);
        return service;
}

int unit_load_data(const char *file, const char *name, char *data, size_t length,
                   Diagnostics *diagnostics, UnitSettings **ret) {
        UnitLoad load = { 0 };
        int r;

        if (unit_name_type(name) == UNIT_TYPE_INVALID)
                return -EINVAL;
        load_begin(&load, name, file, geteuid() != 0, diagnostics);
        load_set_file(&load, file, 0);
        r = unit_file_parse_data(file, data, length, load.context.diagnostics, load_line, &load);
        return load_end(&load, r, ret);
}

GStrv unit_files(const UnitPath *path, const char *name, Diagnostics *diagnostics) {
        g_autofree char *unit = unit_path_resolve(path, name);
        g_auto(GStrv) aliases = unit_path_aliases(path, unit), dropins = NULL;
        GPtrArray *files = g_ptr_array_new();
        char *file = unit_path_find(path, unit);

        if (file)
                g_ptr_array_add(files, file);
        if (unit_name_type(unit) != UNIT_TYPE_INVALID)
                (void)unit_dropin_find(path, unit, aliases, diagnostics, &dropins);
        for (char **dropin = dropins; dropin && *dropin; dropin++)
                g_ptr_array_add(files, g_strdup(*dropin));
        g_ptr_array_add(files, NULL);
        return (GStrv)g_ptr_array_free(files, FALSE);
}
