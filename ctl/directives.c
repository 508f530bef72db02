/* SPDX-License-Identifier: MIT */
/* directives: the table of what a unit file may say. */
#include <inttypes.h>
#include <string.h>

#include "directive.h"
#include "output.h"
#include "value.h"

static const char *status_name(DirectiveStatus status) {
        switch (status) {
        case DIRECTIVE_HONOURED:
                return "honoured";
        case DIRECTIVE_ACCEPTED:
                return "accepted";
        case DIRECTIVE_NOT_HONOURED:
                return "not honoured";
        }
        return NULL;
}

/* `show` has microseconds, of which a file that gave them so would make seconds. */
static char *time_text(uint64_t usec) {
        if (usec == TIME_INFINITY)
                return g_strdup("infinity");
        if (usec % USEC_PER_SEC == 0)
                return g_strdup_printf(usec ? "%" PRIu64 "s" : "%" PRIu64, usec / USEC_PER_SEC);
        if (usec % USEC_PER_MSEC == 0)
                return g_strdup_printf("%" PRIu64 "ms", usec / USEC_PER_MSEC);
        return g_strdup_printf("%" PRIu64 "us", usec);
}

/* As a file would write it, as far as `show` does. What comes of the unit's name is of NAME. */
static char *default_text(const Directive *directive) {
        UnitType type = directive->type == DIRECTIVE_ANY_TYPE ? UNIT_TARGET : directive->type;
        g_autofree char *name = g_strconcat("NAME.", unit_type_to_string(type), NULL);
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = settings_new(type, name, NULL);
        g_autoptr(GVariant) value = NULL;

        if (!directive->value || !directive->value->show)
                return g_strdup("");
        if (directive->offset == DIRECTIVE_SPARSE && directive->initial)
                return g_strdup(directive->initial);
        value = g_variant_ref_sink(
                directive->value->show(settings, directive, directive_field(directive, settings)));
        if (directive->value == &value_time_span || directive->value == &value_time_span_pair)
                return time_text(g_variant_get_uint64(value));
        /* An empty list is "[]" in JSON, and nothing in a file. */
        if (g_variant_is_container(value) && g_variant_n_children(value) == 0)
                return g_strdup("");
        return output_value_text(value);
}

/* Of which units the row is: some keys of [Unit] are another row's in each type. */
static const char *unit_type(const Directive *directive) {
        return directive->type == DIRECTIVE_ANY_TYPE ? "any" : unit_type_to_string(directive->type);
}

static GVariant *directive_to_variant(const Directive *directive) {
        g_autofree char *initial = default_text(directive);
        GVariantDict dict;

        g_variant_dict_init(&dict, NULL);
        g_variant_dict_insert(&dict, "section", "s", directive->section);
        g_variant_dict_insert(&dict, "key", "s", directive->key);
        g_variant_dict_insert(&dict, "type", "s", directive->value ? directive->value->name : "");
        g_variant_dict_insert(&dict, "default", "s", initial);
        g_variant_dict_insert(&dict, "status", "s", status_name(directive->status));
        if (directive->property)
                g_variant_dict_insert(&dict, "property", "s", directive->property);
        g_variant_dict_insert(&dict, "since", "ms", directive->since);
        g_variant_dict_insert(&dict, "unit", "s", unit_type(directive));
        if (directive->note)
                g_variant_dict_insert(&dict, "note", "s", directive->note);
        return g_variant_dict_end(&dict);
}

/* What hasn't happened yet is null for programs. */
static char *format_since(GVariant *row, const char *key) {
        g_autofree char *text = NULL;

        (void)g_variant_lookup(row, key, "ms", &text);
        return text ? g_steal_pointer(&text) : g_strdup("");
}

static bool is_wanted(const Directive *directive, char **patterns) {
        if (!*patterns)
                return true;
        for (; *patterns; patterns++)
                if (g_pattern_match_simple(*patterns, directive->key))
                        return true;
        return false;
}

static Colour colour_of_status(const char *status) {
        switch (status[0]) {
        case 'h':
                return COLOUR_GREEN;
        case 'n':
                return COLOUR_YELLOW;
        default:
                return COLOUR_NONE;
        }
}

CtlExit verb_directives(Ctl *ctl, char **arguments) {
        static const Column columns[] = {
                { .title = "SECTION", .key = "section" },
                { .title = "KEY", .key = "key" },
                { .title = "TYPE", .key = "type" },
                { .title = "DEFAULT", .key = "default" },
                { .title = "STATUS", .key = "status", .colour = colour_of_status },
                { .title = "SINCE", .key = "since", .format = format_since },
                { .title = "UNIT", .key = "unit" },
        };
        g_autoptr(GVariant) rows = NULL;
        GVariantBuilder builder;
        size_t count;
        const Directive *table = directive_table(&count);

        g_variant_builder_init(&builder, G_VARIANT_TYPE("aa{sv}"));
        for (size_t i = 0; i < count; i++)
                if (is_wanted(&table[i], arguments))
                        g_variant_builder_add_value(&builder, directive_to_variant(&table[i]));
        rows = g_variant_ref_sink(g_variant_builder_end(&builder));
        if (ctl->json != JSON_OFF)
                output_json(ctl, rows);
        else
                output_table(ctl, columns, G_N_ELEMENTS(columns), rows, "directive", "directives");
        return CTL_OK;
}
