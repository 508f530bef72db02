/* SPDX-License-Identifier: MIT */
/* From a unit's file to its settings: each line to its row of the directive table. */
#include "unit-load.h"

#include <string.h>
#include <unistd.h>

#include "directive.h"
#include "unit-check.h"
#include "unit-file.h"
#include "value.h"

typedef struct UnitLoad {
        DirectiveContext context;
        unsigned int *lines; /* the context's */
        bool ignore_section;
} UnitLoad;

static bool is_private(const char *name) {
        return name[0] == 'X' && name[1] == '-';
}

static void enter_section(UnitLoad *load, const char *section) {
        DirectiveContext *context = &load->context;
        const char *nearest = directive_section(context->settings->type, section);

        load->ignore_section = !nearest || strcmp(nearest, section) != 0;
        if (!load->ignore_section || is_private(section))
                return;
        context->key = NULL;
        if (nearest)
                value_warn(context, "unknown section [%s]; did you mean [%s]?", section, nearest);
        else
                value_warn(context, "unknown section [%s]", section);
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

        /* The nearest key is looked for in all of the table. */
        if (is_private(context->key) || !diagnostics_has_room(context->diagnostics, context->file))
                return;
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

static void load_line(void *userdata, const char *section, const char *key, char *value,
                      unsigned int line) {
        UnitLoad *load = userdata;
        const Directive *directive;

        load->context.line = line;
        load->context.key = key;
        if (!key) {
                enter_section(load, section);
                return;
        }
        if (load->ignore_section)
                return;
        directive = directive_find(load->context.settings->type, section, key);
        if (!directive) {
                report_unknown(&load->context, section);
                return;
        }
        load->lines[directive_row(directive)] = line;
        directive_apply(&load->context, directive, value);
}

/* data is NULL: the file is read. */
static int load(const char *file, const char *name, bool user_mode, Diagnostics *diagnostics,
                char *data, size_t length, UnitSettings **ret) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *own = NULL;
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;
        g_autofree unsigned int *lines = NULL;
        UnitType type = unit_name_type(name);
        UnitLoad state = { 0 };
        size_t rows;
        unsigned int errors;
        int r;

        if (type == UNIT_TYPE_INVALID)
                return -EINVAL;
        if (!diagnostics)
                diagnostics = own = diagnostics_new();
        settings = settings_new(type, name);
        settings->path = g_strdup(file);
        (void)directive_table(&rows);
        state.lines = lines = g_new0(unsigned int, rows);
        state.context = (DirectiveContext){
                .file = file,
                .settings = settings,
                .diagnostics = diagnostics,
                .user_mode = user_mode,
                .lines = lines,
        };
        errors = diagnostics->errors;
        r = data ? unit_file_parse_data(file, data, length, diagnostics, load_line, &state)
                 : unit_file_parse(file, diagnostics, load_line, &state);
        if (r < 0)
                return r;
        unit_check(&state.context);
        if (diagnostics->errors > errors)
                return -EBADMSG;
        *ret = TAKE_POINTER(settings);
        return 0;
}

int unit_load(const UnitPath *path, const char *name, Diagnostics *diagnostics,
              UnitSettings **ret) {
        g_autofree char *file = NULL;

        if (unit_name_type(name) == UNIT_TYPE_INVALID)
                return -EINVAL;
        file = unit_path_find(path, name);
        if (!file)
                return -ENOENT;
        return load(file, name, path->user_mode, diagnostics, NULL, 0, ret);
}

int unit_load_data(const char *file, const char *name, char *data, size_t length,
                   Diagnostics *diagnostics, UnitSettings **ret) {
        return load(file, name, geteuid() != 0, diagnostics, data, length, ret);
}
