/* SPDX-License-Identifier: MIT */
/* What is done with the directive table: look up, suggest, apply, compare, free, show. */
#include "directive.h"

#include <string.h>

#include "sparse.h"
#include "value.h"

/* A key is worth suggesting when at most a third of it is mistyped. */
#define NEAREST_NAME_MAX 64

typedef struct DirectiveIndex {
        GHashTable *rows;                          /* of Directive *, by type, section, key */
        const Directive **fields[UNIT_TYPE_COUNT]; /* NULL-terminated */
        GHashTable *initial;                       /* Directive * -> a sparse value's default */
} DirectiveIndex;

static guint directive_hash(const void *pointer) {
        const Directive *directive = pointer;

        return g_str_hash(directive->key) * 31 + (guint)directive->section[0] * 7 +
               (guint)directive->type;
}

static gboolean directive_same(const void *a, const void *b) {
        const Directive *x = a, *y = b;

        return x->type == y->type && !strcmp(x->key, y->key) && !strcmp(x->section, y->section);
}

static bool row_is_of(const Directive *row, UnitType type) {
        return row->type == type || row->type == DIRECTIVE_ANY_TYPE;
}

static const Directive **collect_fields(UnitType type) {
        size_t count, n = 0;
        const Directive *rows = directive_table(&count);
        const Directive **fields = g_new0(const Directive *, count + 1);

        for (size_t i = 0; i < count; i++)
                if (row_is_of(&rows[i], type) && rows[i].property)
                        fields[n++] = &rows[i];
        return g_renew(const Directive *, fields, n + 1);
}

void directive_set_initial(const Directive *directive, void *field) {
        const DirectiveContext context = {
                .key = directive->key,
                .settings = (UnitSettings *)settings_defaults(
                        directive->type == DIRECTIVE_ANY_TYPE ? UNIT_TARGET : directive->type),
        };

        if (directive->initial)
                (void)directive->value->parse(&context, directive, field, directive->initial);
}

static GHashTable *collect_initial(void) {
        GHashTable *initial = g_hash_table_new(g_direct_hash, g_direct_equal);
        size_t count;
        const Directive *rows = directive_table(&count);

        for (size_t i = 0; i < count; i++) {
                void *field;

                if (!rows[i].value || rows[i].offset != DIRECTIVE_SPARSE)
                        continue;
                field = g_malloc0(rows[i].value->size);
                directive_set_initial(&rows[i], field);
                g_hash_table_insert(initial, (void *)&rows[i], field);
        }
        return initial;
}

/* Made once, kept until the process ends. */
static const DirectiveIndex *directive_index(void) {
        static DirectiveIndex index;
        static gsize made;
        size_t count;
        const Directive *rows = directive_table(&count);

        if (!g_once_init_enter(&made))
                return &index;
        index.rows = g_hash_table_new(directive_hash, directive_same);
        for (size_t i = 0; i < count; i++)
                g_hash_table_add(index.rows, (void *)&rows[i]);
        for (int type = 0; type < UNIT_TYPE_COUNT; type++)
                index.fields[type] = collect_fields((UnitType)type);
        index.initial = collect_initial();
        g_once_init_leave(&made, 1);
        return &index;
}

const Directive *const *directive_fields(UnitType type) {
        return directive_index()->fields[type];
}

const void *directive_field(const Directive *directive, const UnitSettings *settings) {
        const void *field;

        if (directive->offset != DIRECTIVE_SPARSE)
                return (const char *)settings + directive->offset;
        field = sparse_find(settings, directive);
        return field ? field : g_hash_table_lookup(directive_index()->initial, directive);
}

DirectivePlace *directive_find_place(const GArray *places, const Directive *directive) {
        for (guint i = 0; i < places->len; i++) {
                DirectivePlace *place = &g_array_index(places, DirectivePlace, i);

                if (place->directive == directive)
                        return place;
        }
        return NULL;
}

DirectivePlace directive_place(const DirectiveContext *context, const Directive *directive) {
        const DirectivePlace *place = directive_find_place(context->places, directive);

        return place ? *place : (DirectivePlace){ .directive = directive };
}

const Directive *directive_find(UnitType type, const char *section, const char *key) {
        GHashTable *rows = directive_index()->rows;
        Directive wanted = { .type = type, .section = section, .key = key };
        const Directive *found = g_hash_table_lookup(rows, &wanted);

        if (found)
                return found;
        wanted.type = DIRECTIVE_ANY_TYPE;
        return g_hash_table_lookup(rows, &wanted);
}

/* Edit distance without regard to case, a swap of neighbours counting as one. */
static unsigned int edit_distance(const char *a, const char *b) {
        unsigned int rows[3][NEAREST_NAME_MAX + 1];
        size_t m = strlen(a), n = strlen(b);
        unsigned int *before = rows[0], *last = rows[1], *now = rows[2];

        for (size_t j = 0; j <= n; j++)
                last[j] = (unsigned int)j;
        for (size_t i = 1; i <= m; i++) {
                unsigned int *spare = before;

                now[0] = (unsigned int)i;
                for (size_t j = 1; j <= n; j++) {
                        char x = g_ascii_tolower(a[i - 1]), y = g_ascii_tolower(b[j - 1]);

                        now[j] = MIN(last[j - 1] + (x != y), MIN(last[j], now[j - 1]) + 1);
                        if (i > 1 && j > 1 && x == g_ascii_tolower(b[j - 2]) &&
                            y == g_ascii_tolower(a[i - 2]))
                                now[j] = MIN(now[j], before[j - 2] + 1);
                }
                before = last;
                last = now;
                now = spare;
        }
        return last[n];
}

/* Keeps in *best what is nearer to name. *distance begins as the first distance that is too far. */
static void consider(const char *name, const char *candidate, const char **best,
                     unsigned int *distance) {
        size_t m = strlen(name), n = strlen(candidate), difference = m > n ? m - n : n - m;
        unsigned int d;

        if (difference >= *distance || m > NEAREST_NAME_MAX || n > NEAREST_NAME_MAX)
                return;
        d = strcmp(name, candidate) ? edit_distance(name, candidate) : 0;
        if (d < *distance) {
                *distance = d;
                *best = candidate;
        }
}

static unsigned int too_far(const char *name) {
        return (unsigned int)MIN(strlen(name), NEAREST_NAME_MAX) / 3 + 1;
}

const char *directive_nearest(UnitType type, const char *section, const char *key) {
        size_t count;
        const Directive *rows = directive_table(&count);
        unsigned int distance = too_far(key);
        const char *best = NULL;

        for (size_t i = 0; i < count; i++)
                if (row_is_of(&rows[i], type) && !strcmp(rows[i].section, section))
                        consider(key, rows[i].key, &best, &distance);
        return best;
}

const char *directive_section(UnitType type, const char *section) {
        static const char *const own[UNIT_TYPE_COUNT] = {
                [UNIT_SERVICE] = "Service",
                [UNIT_SOCKET] = "Socket",
                [UNIT_MEMFD] = "Memfd",
        };
        const char *const sections[] = { "Unit", "Install", own[type] };
        unsigned int distance = too_far(section);
        const char *best = NULL;

        for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
                if (!g_strcmp0(section, sections[i]))
                        return sections[i];
        for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
                if (sections[i])
                        consider(section, sections[i], &best, &distance);
        return best;
}

static void reset(const Directive *directive, UnitSettings *settings) {
        void *field;

        if (directive->offset == DIRECTIVE_SPARSE) {
                sparse_remove(settings, directive);
                return;
        }
        field = (char *)settings + directive->offset;
        if (directive->value->clear)
                directive->value->clear(field);
        memcpy(field, directive_field(directive, settings_defaults(settings->type)),
               directive->value->size);
}

static void *field_to_set(const Directive *directive, UnitSettings *settings) {
        if (directive->offset == DIRECTIVE_SPARSE)
                return sparse_make(settings, directive);
        return (char *)settings + directive->offset;
}

const Directive *directive_owner(const Directive *directive) {
        const char *section = directive->section;

        if (!directive->alias)
                return directive;
        if (!strcmp(directive->alias, directive->key))
                section = "Unit";
        return directive_find(directive->type, section, directive->alias);
}

static void warn_unhonoured(const DirectiveContext *context, const Directive *directive) {
        if (directive->status == DIRECTIVE_NOT_HONOURED)
                value_warn(context, "known to systemd, not honoured%s%s",
                           directive->note ? ": " : " yet", directive->note ? directive->note : "");
}

int directive_apply(const DirectiveContext *context, const Directive *directive, char *value) {
        const Directive *owner = directive_owner(directive);
        UnitSettings *settings = context->settings;
        void *field;
        int r;

        if (!directive->value) {
                warn_unhonoured(context, directive);
                return 0;
        }
        if (!value[0] && !directive->value->takes_empty) {
                reset(owner, settings);
                return 0;
        }
        field = field_to_set(owner, settings);
        r = directive->value->parse(context, directive, field, value);
        if (r < 0)
                return r;
        /* To say what is so anyway needs nobody to honour it. */
        if (!directive->value->equal(field,
                                     directive_field(owner, settings_defaults(settings->type))))
                warn_unhonoured(context, directive);
        return 0;
}

static const Directive *find_property(UnitType type, const char *property) {
        for (const Directive *const *d = directive_fields(type); *d; d++)
                if (!strcmp((*d)->property, property))
                        return *d;
        return NULL;
}

const void *settings_value(const UnitSettings *settings, const char *property) {
        const Directive *directive = find_property(settings->type, property);

        return directive ? directive_field(directive, settings) : NULL;
}

static void add_companion(GVariantBuilder *builder, const Directive *directive, const void *field) {
        g_autofree char *name = g_strconcat(directive->property, directive->value->companion, NULL);

        g_variant_builder_add(builder, "{sv}", name, directive->value->show_companion(field));
}

/* The unit's own name first, as in systemd. */
static GVariant *show_names(const UnitSettings *settings) {
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE_STRING_ARRAY);
        g_variant_builder_add(&builder, "s", settings->name);
        for (char **alias = settings->aliases; alias && *alias; alias++)
                g_variant_builder_add(&builder, "s", *alias);
        return g_variant_builder_end(&builder);
}

GVariant *settings_show(const UnitSettings *settings) {
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add(&builder, "{sv}", "Id", g_variant_new_string(settings->name));
        g_variant_builder_add(&builder, "{sv}", "FragmentPath",
                              g_variant_new_string(settings->path ? settings->path : ""));
        g_variant_builder_add(&builder, "{sv}", "DropInPaths",
                              value_strv_show(settings, NULL, &settings->dropins));
        g_variant_builder_add(&builder, "{sv}", "Names", show_names(settings));
        for (const Directive *const *d = directive_fields(settings->type); *d; d++) {
                const void *field = directive_field(*d, settings);

                g_variant_builder_add(&builder, "{sv}", (*d)->property,
                                      (*d)->value->show(settings, *d, field));
                if ((*d)->value->companion)
                        add_companion(&builder, *d, field);
        }
        return g_variant_builder_end(&builder);
}
