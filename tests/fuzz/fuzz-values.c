/* SPDX-License-Identifier: MIT */
/* The value of every key: two bytes choose the row, the rest is what stands behind the '='. What is
 * taken can be shown, and is the same when it is read again; what isn't has one message why; an
 * empty value makes everything before it undone. */
#include <string.h>

#include "directive.h"
#include "fuzz.h"

static UnitSettings *settings_for(const Directive *row) {
        UnitType type = row->type == DIRECTIVE_ANY_TYPE ? UNIT_TARGET : row->type;
        g_autofree char *name = g_strconcat("a-b@c-d.", unit_type_to_string(type), NULL);

        return settings_new(type, name, NULL);
}

/* Returns: what directive_apply() does, having looked at the messages. */
static int apply(const Directive *row, UnitSettings *settings, const char *value) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        g_autofree char *copy = g_strdup(value);
        DirectiveContext context = {
                .file = "fuzz",
                .line = 1,
                .key = row->key,
                .settings = settings,
                .diagnostics = diagnostics,
        };
        int r = directive_apply(&context, row, copy);

        for (guint i = 0; i < diagnostics->list->len; i++) {
                const Diagnostic *diagnostic = diagnostics->list->pdata[i];

                FUZZ_ASSERT(g_utf8_validate(diagnostic->text, -1, NULL));
        }
        FUZZ_ASSERT(r == 0 ? diagnostics->errors == 0 : r == -EINVAL && diagnostics->errors == 1);
        return r;
}

static void check_shown(const UnitSettings *settings) {
        g_autoptr(GVariant) shown = g_variant_ref_sink(settings_show(settings));
        g_autofree char *text = g_variant_print(shown, TRUE);

        FUZZ_ASSERT(g_utf8_validate(text, -1, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL, *again = NULL,
                                                       *fresh = NULL;
        g_autofree char *value = NULL;
        const Directive *rows, *row;
        size_t count;

        if (size <= 2)
                return 0;
        rows = directive_table(&count);
        row = &rows[(data[0] | (size_t)data[1] << 8) % count];
        value = g_strndup((const char *)data + 2, size - 2);
        /* The loader gives parsers nothing else. */
        if (!value[0] || !g_utf8_validate(value, -1, NULL) || strchr(value, '\n'))
                return 0;

        settings = settings_for(row);
        again = settings_for(row);
        if (apply(row, settings, value) == 0) {
                FUZZ_ASSERT(apply(row, again, value) == 0);
                FUZZ_ASSERT(settings_equal(settings, again));
                check_shown(settings);
        }
        fresh = settings_for(row);
        FUZZ_ASSERT(apply(row, settings, "") == 0);
        /* Where nothing is a value it is the same one whatever was there. */
        if (row->value && row->value->takes_empty)
                FUZZ_ASSERT(apply(row, fresh, "") == 0);
        FUZZ_ASSERT(settings_equal(settings, fresh));
        return 0;
}
