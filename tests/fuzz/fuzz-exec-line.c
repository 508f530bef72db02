/* SPDX-License-Identifier: MIT */
/* Command lines: what is accepted has a program and an argv, or is nothing but ";"; what isn't has
 * one message why. */
#include <string.h>

#include "directive.h"
#include "fuzz.h"

/* The bus carries them. */
static void check_messages(const Diagnostics *diagnostics) {
        for (guint i = 0; i < diagnostics->list->len; i++) {
                const Diagnostic *diagnostic = diagnostics->list->pdata[i];

                FUZZ_ASSERT(g_utf8_validate(diagnostic->text, -1, NULL));
        }
}

static void check_command(const ExecCommand *command) {
        if (!command)
                return;
        FUZZ_ASSERT(command->path[0]);
        FUZZ_ASSERT(command->path[0] == '/' || !strchr(command->path, '/'));
        FUZZ_ASSERT(command->argv[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        _cleanup_(settings_unref_cleanup) UnitSettings *settings =
                settings_new(UNIT_SERVICE, "a@b.service", NULL);
        g_autofree char *value = g_strndup((const char *)data, size);
        DirectiveContext context = {
                .file = "fuzz",
                .line = 1,
                .key = "ExecStart",
                .settings = settings,
                .diagnostics = diagnostics,
        };
        int r;

        if (!value[0])
                return 0;
        r = directive_apply(&context, directive_find(UNIT_SERVICE, "Service", "ExecStart"), value);
        check_messages(diagnostics);
        if (r == 0)
                check_command(exec_start_first(SERVICE_SETTINGS(settings)));
        else
                FUZZ_ASSERT(r == -EINVAL && diagnostics->errors == 1);
        return 0;
}
