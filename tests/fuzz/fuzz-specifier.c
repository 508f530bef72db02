/* SPDX-License-Identifier: MIT */
/* Specifiers: what expands stays within the limit and loses nothing that is no specifier; what
 * doesn't names the letter. */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "fuzz.h"
#include "specifier.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const SpecifierContext context = {
                .unit = "a-b@c-\\x2dd.service",
                .path = "/etc/bellhop/a-b@.service",
        };
        g_autofree char *text = g_strndup((const char *)data, size), *expanded = NULL;
        char bad = 'x';
        int r = specifier_expand(text, &context, &expanded, &bad);

        if (r == 0) {
                FUZZ_ASSERT(expanded && strlen(expanded) <= SPECIFIER_LENGTH_MAX);
                FUZZ_ASSERT(strchr(text, '%') || !strcmp(text, expanded));
                return 0;
        }
        FUZZ_ASSERT(!expanded && (r == -EINVAL || r == -E2BIG));
        FUZZ_ASSERT(r == -E2BIG || !bad || strchr(text, bad));
        return 0;
}
