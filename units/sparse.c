/* SPDX-License-Identifier: MIT */
/* The values of keys that few units give. A unit has a handful at most, so they are a list. */
#include "sparse.h"

#include <stddef.h>
#include <string.h>

struct SparseValue {
        SparseValue *next;
        const Directive *directive;
        max_align_t field[];
};

static SparseValue **sparse_place(const UnitSettings *settings, const Directive *directive) {
        SparseValue *const *place = &settings->sparse;

        while (*place && (*place)->directive != directive)
                place = (SparseValue *const *)&(*place)->next;
        return (SparseValue **)place;
}

void *sparse_find(const UnitSettings *settings, const Directive *directive) {
        SparseValue *value = *sparse_place(settings, directive);

        return value ? value->field : NULL;
}

const void *settings_given(const UnitSettings *settings, const char *property) {
        for (const SparseValue *value = settings->sparse; value; value = value->next)
                if (!strcmp(value->directive->property, property))
                        return value->field;
        return NULL;
}

void settings_each_given(const UnitSettings *settings, SettingsVisit visit, void *userdata) {
        for (const SparseValue *value = settings->sparse; value; value = value->next)
                visit(value->directive, value->field, userdata);
}

void *sparse_make(UnitSettings *settings, const Directive *directive) {
        SparseValue **place = sparse_place(settings, directive), *value = *place;
        size_t size = directive->value->size;

        if (value)
                return value->field;
        value = g_malloc0(sizeof(*value) + size);
        value->directive = directive;
        *place = value;
        /* A copy of the bytes would share what the default owns. */
        directive_set_initial(directive, value->field);
        return value->field;
}

static void sparse_unlink(SparseValue **place) {
        SparseValue *value = *place;

        *place = value->next;
        if (value->directive->value->clear)
                value->directive->value->clear(value->field);
        g_free(value);
}

void sparse_remove(UnitSettings *settings, const Directive *directive) {
        SparseValue **place = sparse_place(settings, directive);

        if (*place)
                sparse_unlink(place);
}

void sparse_done(UnitSettings *settings) {
        while (settings->sparse)
                sparse_unlink(&settings->sparse);
}

/* Whatever a gives, b has too: given, or as the default. */
static bool sparse_is_in(const UnitSettings *a, const UnitSettings *b) {
        for (const SparseValue *value = a->sparse; value; value = value->next)
                if (!value->directive->value->equal(value->field,
                                                    directive_field(value->directive, b)))
                        return false;
        return true;
}

bool sparse_equal(const UnitSettings *a, const UnitSettings *b) {
        return sparse_is_in(a, b) && sparse_is_in(b, a);
}
