/* SPDX-License-Identifier: MIT */
/* Whole unit files, as each type: what loads can be shown, and is equal to itself loaded again;
 * what doesn't load has a reason. */
#include <string.h>

#include "directive.h"
#include "fuzz.h"
#include "unit-load.h"

/* From a copy: the loader writes into the text. */
static int load_copy(const char *name, const uint8_t *data, size_t size, Diagnostics *diagnostics,
                     UnitSettings **ret) {
        g_autofree char *copy = g_malloc(size + 1);

        memcpy(copy, data, size);
        return unit_load_data("fuzz", name, copy, size, diagnostics, ret);
}

static void try_load(const char *name, const uint8_t *data, size_t size) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;
        _cleanup_(settings_unref_cleanup) UnitSettings *again = NULL;
        g_autoptr(GVariant) shown = NULL;
        g_autofree char *text = NULL;

        if (load_copy(name, data, size, diagnostics, &settings) < 0) {
                FUZZ_ASSERT(!settings && diagnostics->errors > 0);
                return;
        }
        FUZZ_ASSERT(diagnostics->errors == 0);
        shown = g_variant_ref_sink(settings_show(settings));
        text = g_variant_print(shown, TRUE);
        FUZZ_ASSERT(g_utf8_validate(text, -1, NULL));
        FUZZ_ASSERT(load_copy(name, data, size, NULL, &again) == 0);
        FUZZ_ASSERT(settings_equal(settings, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        if (size > UNIT_FILE_SIZE_MAX)
                return 0;
        try_load("fuzz@x-y.service", data, size);
        try_load("fuzz.socket", data, size);
        try_load("fuzz@.memfd", data, size);
        try_load("fuzz.target", data, size);
        return 0;
}
