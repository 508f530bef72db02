/* SPDX-License-Identifier: MIT */
/* Sets of processors, and of memory nodes. */
#include <string.h>

#include "value-process.h"
#include "word.h"

#define WORDS (CPUS_MAX / 64)

static void cpu_set_add(CpuSet *set, unsigned int first, unsigned int last) {
        if (!set->bits)
                set->bits = g_new0(uint64_t, WORDS);
        for (unsigned int cpu = first; cpu <= last; cpu++)
                set->bits[cpu / 64] |= UINT64_C(1) << cpu % 64;
        set->count = MAX(set->count, last + 1);
}

/* "3" or "0-3". */
static int cpu_set_add_range(CpuSet *set, const char *text) {
        g_autofree char *first_text = g_strndup(text, strcspn(text, "-"));
        const char *dash = strchr(text, '-');
        uint64_t first, last;

        if (parse_number(first_text, CPUS_MAX - 1, &first) < 0 ||
            parse_number(dash ? dash + 1 : text, CPUS_MAX - 1, &last) < 0 || first > last)
                return -EINVAL;
        cpu_set_add(set, (unsigned int)first, (unsigned int)last);
        return 0;
}

static int cpu_set_add_word(CpuSet *set, const Directive *directive, const char *word) {
        if (directive->argument == 2 && !strcmp(word, "numa")) {
                set->numa = true;
                return 0;
        }
        if (directive->argument == 1 && !strcmp(word, "all")) {
                cpu_set_add(set, 0, CPUS_MAX - 1);
                return 0;
        }
        return cpu_set_add_range(set, word);
}

static int parse_cpus(const DirectiveContext *context, const Directive *directive, void *field,
                      const char *value) {
        g_autofree char *expanded = NULL;
        g_auto(GStrv) words = NULL;
        int r;

        r = value_expand(context, value, &expanded);
        if (r < 0)
                return r;
        words = g_strsplit_set(expanded, ", \t", -1);
        for (char **word = words; *word; word++)
                if (**word && cpu_set_add_word(field, directive, *word) < 0)
                        return value_is_not(context, *word, "a number or a range: 0-3");
        if (((CpuSet *)field)->numa)
                value_warn(context, "'numa' isn't honoured: use AllowedMemoryNodes=");
        return 0;
}

static void clear_cpus(void *field) {
        CpuSet *set = field;

        g_clear_pointer(&set->bits, g_free);
        set->count = 0;
        set->numa = false;
}

static gboolean cpus_equal(const void *a, const void *b) {
        const CpuSet *x = a, *y = b;

        return x->count == y->count && x->numa == y->numa &&
               (x->count == 0 || !memcmp(x->bits, y->bits, WORDS * sizeof(uint64_t)));
}

static bool cpu_set_has(const CpuSet *set, unsigned int cpu) {
        return cpu < set->count && set->bits[cpu / 64] & UINT64_C(1) << cpu % 64;
}

char *cpu_set_to_string(const CpuSet *set, char separator) {
        GString *text = g_string_new(NULL);

        for (unsigned int cpu = 0, first; cpu < set->count; cpu++) {
                if (!cpu_set_has(set, cpu))
                        continue;
                for (first = cpu; cpu_set_has(set, cpu + 1);)
                        cpu++;
                if (text->len > 0)
                        g_string_append_c(text, separator);
                g_string_append_printf(text, cpu > first ? "%u-%u" : "%u", first, cpu);
        }
        return g_string_free(text, FALSE);
}

static GVariant *show_cpus(const UnitSettings *settings, const Directive *directive,
                           const void *field) {
        const CpuSet *set = field;

        return set->numa ? g_variant_new_string("numa")
                         : g_variant_new_take_string(cpu_set_to_string(set, ' '));
}

const ValueType value_cpus = {
        .name = "list of numbers and ranges",
        .size = sizeof(CpuSet),
        .parse = parse_cpus,
        .clear = clear_cpus,
        .equal = cpus_equal,
        .show = show_cpus,
};
