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
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = settings_new(type, name);
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

static GVariant *directive_to_variant(const Directive *directive) {
        g_autofree char *initial = default_text(directive);
        GVariantDict dict;

        g_variant_dict_init(&dict, NULL);
        g_variant_dict_insert(&dict, "Section", "s", directive->section);
        g_variant_dict_insert(&dict, "Key", "s", directive->key);
        g_variant_dict_insert(&dict, "Type", "s", directive->value ? directive->value->name : "");
        g_variant_dict_insert(&dict, "Default", "s", initial);
        g_variant_dict_insert(&dict, "Status", "s", status_name(directive->status));
        if (directive->property)
                g_variant_dict_insert(&dict, "Property", "s", directive->property);
        if (directive->since)
                g_variant_dict_insert(&dict, "Since", "s", directive->since);
        if (directive->note)
                g_variant_dict_insert(&dict, "Note", "s", directive->note);
        return g_variant_dict_end(&dict);
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
                { .title = "SECTION", .key = "Section" },
                { .title = "KEY", .key = "Key" },
                { .title = "TYPE", .key = "Type" },
                { .title = "DEFAULT", .key = "Default" },
                { .title = "STATUS", .key = "Status", .colour = colour_of_status },
                { .title = "SINCE", .key = "Since" },
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
