/* SPDX-License-Identifier: MIT */
/* The directive table: every row refuses nonsense, is shown, is compared, and is in its man page.
 */
#include "directive-samples.h"
#include "unit-text.h"

/* No row takes this: not a number, not a word, not a name, and not a specifier either. */
#define NONSENSE "%z"

/* What a unit of each type needs besides the row under test. */
static const char *const base[UNIT_TYPE_COUNT] = {
        [UNIT_SERVICE] = "[Service]\nExecStart=/bin/true\n",
        [UNIT_SOCKET] = "[Socket]\nListenStream=1\n",
        [UNIT_MEMFD] = "[Memfd]\nContent=x\n",
        [UNIT_TARGET] = "[Unit]\n",
};

static UnitType type_of(const Directive *row) {
        return row->type == DIRECTIVE_ANY_TYPE ? UNIT_TARGET : row->type;
}

static char *name_of(UnitType type) {
        return g_strconcat("unit.", unit_type_to_string(type), NULL);
}

/* Applies a value to fresh settings. Returns: what the row's parser does. */
static int apply(const Directive *row, const char *value, Diagnostics *diagnostics,
                 UnitSettings **ret) {
        g_autofree char *name = name_of(type_of(row)), *copy = g_strdup(value);
        DirectiveContext context = { .file = "test", .line = 7, .key = row->key };

        context.settings = *ret ? *ret : settings_new(type_of(row), name, NULL);
        context.diagnostics = diagnostics;
        *ret = context.settings;
        return directive_apply(&context, row, copy);
}

static void test_find(void) {
        size_t count;
        const Directive *rows = directive_table(&count);

        g_assert_cmpuint(count, >, 300);
        for (size_t i = 0; i < count; i++) {
                g_test_message("[%s] %s", rows[i].section, rows[i].key);
                g_assert_true(directive_find(type_of(&rows[i]), rows[i].section, rows[i].key) ==
                              &rows[i]);
                /* inih is fed names, and keeps 49 bytes of them. */
                g_assert_cmpuint(strlen(rows[i].key), <, 48);
        }
        g_assert_nonnull(directive_find(UNIT_SOCKET, "Unit", "Description"));
        g_assert_null(directive_find(UNIT_SOCKET, "Service", "ExecStart"));
        g_assert_null(directive_find(UNIT_SOCKET, "Socket", "listenstream"));
}

/* What is kept beside the settings is found by its property, or is another key's. */
static void test_sparse(void) {
        size_t count;
        const Directive *rows = directive_table(&count);

        for (size_t i = 0; i < count; i++) {
                const Directive *owner = directive_owner(&rows[i]);

                g_test_message("[%s] %s", rows[i].section, rows[i].key);
                g_assert_nonnull(owner);
                g_assert_null(owner->alias);
                if (rows[i].value && rows[i].offset == DIRECTIVE_SPARSE)
                        g_assert_nonnull(owner->property);
        }
}

static void test_nearest(void) {
        g_assert_cmpstr(directive_nearest(UNIT_SOCKET, "Socket", "ListenStraem"), ==,
                        "ListenStream");
        g_assert_cmpstr(directive_nearest(UNIT_SERVICE, "Service", "execstart"), ==, "ExecStart");
        g_assert_cmpstr(directive_nearest(UNIT_MEMFD, "Memfd", "Sources"), ==, "Source");
        g_assert_null(directive_nearest(UNIT_SERVICE, "Service", "Xyzzy"));
        g_assert_cmpstr(directive_section(UNIT_SOCKET, "Sokcet"), ==, "Socket");
        g_assert_cmpstr(directive_section(UNIT_SOCKET, "Unit"), ==, "Unit");
        g_assert_null(directive_section(UNIT_SOCKET, "Completely"));
}

/* Of these a kernel may have names that nobody here knows. */
static bool value_is_lenient(const ValueType *value) {
        return value == &value_capabilities || value == &value_secure_bits;
}

static void test_nonsense(void) {
        size_t count;
        const Directive *rows = directive_table(&count);

        for (size_t i = 0; i < count; i++) {
                _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
                _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;
                const Diagnostic *diagnostic;
                int r;

                if (!rows[i].value)
                        continue;
                g_test_message("[%s] %s", rows[i].section, rows[i].key);
                r = apply(&rows[i], NONSENSE, diagnostics, &settings);
                g_assert_cmpint(r, ==, value_is_lenient(rows[i].value) ? 0 : -EINVAL);
                g_assert_cmpuint(diagnostics->list->len, ==, 1);
                diagnostic = diagnostics->list->pdata[0];
                g_assert_cmpint(diagnostic->level, ==,
                                r < 0 ? DIAGNOSTIC_ERROR : DIAGNOSTIC_WARNING);
                g_assert_cmpstr(diagnostic->key, ==, rows[i].key);
                g_assert_cmpuint(diagnostic->line, ==, 7);
                g_assert_nonnull(strstr(diagnostic->text, NONSENSE));
        }
}

/* A row is told apart by its own field, and an empty value brings the default back. */
static void test_equal_and_reset(void) {
        size_t count;
        const Directive *rows = directive_table(&count);

        for (size_t i = 0; i < count; i++) {
                _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
                _cleanup_(settings_unref_cleanup) UnitSettings *a = NULL, *b = NULL, *plain = NULL;
                g_autofree char *name = name_of(type_of(&rows[i]));

                if (!rows[i].value)
                        continue;
                g_test_message("[%s] %s", rows[i].section, rows[i].key);
                plain = settings_new(type_of(&rows[i]), name, NULL);
                g_assert_cmpint(apply(&rows[i], sample_of(&rows[i]), diagnostics, &a), ==, 0);
                g_assert_cmpint(apply(&rows[i], sample_of(&rows[i]), diagnostics, &b), ==, 0);
                /* A warning each time that nobody honours it. */
                g_assert_cmpuint(diagnostics->list->len, ==,
                                 rows[i].status == DIRECTIVE_NOT_HONOURED ? 2 : 0);
                g_assert_true(settings_equal(a, b));
                g_assert_false(settings_equal(a, plain));
                if (rows[i].value->takes_empty)
                        continue;
                g_assert_cmpint(apply(&rows[i], "", diagnostics, &a), ==, 0);
                g_assert_true(settings_equal(a, plain));
                g_assert_false(settings_equal(a, b));
        }
}

static void assert_shows(UnitType type, const UnitSettings *settings) {
        g_autoptr(GVariant) all = g_variant_ref_sink(settings_show(settings));
        size_t properties = 4;

        g_assert_cmpstr(g_variant_get_type_string(all), ==, "a{sv}");
        for (const Directive *const *row = directive_fields(type); *row; row++, properties++) {
                g_autoptr(GVariant) value = g_variant_lookup_value(all, (*row)->property, NULL);

                g_test_message("%s", (*row)->property);
                g_assert_nonnull(value);
                properties += (*row)->value->companion != NULL;
        }
        /* No property twice. */
        g_assert_cmpuint(g_variant_n_children(all), ==, properties);
        for (size_t i = 0; i < properties; i++) {
                g_autofree char *key = NULL;
                g_autoptr(GVariant) found = NULL;
                g_autoptr(GVariant) value = NULL;

                g_variant_get_child(all, i, "{sv}", &key, &value);
                found = g_variant_lookup_value(all, key, NULL);
                g_assert_true(g_variant_equal(found, value));
        }
}

static void test_show(void) {
        for (int type = 0; type < UNIT_TYPE_COUNT; type++) {
                g_autofree char *name = name_of((UnitType)type);
                _cleanup_(settings_unref_cleanup) UnitSettings *settings =
                        load_good(name, base[type]);

                assert_shows((UnitType)type, settings);
        }
}

static void assert_property(const char *name, const char *text, const char *property,
                            const char *wanted) {
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = load_good(name, text);
        g_autoptr(GVariant) all = g_variant_ref_sink(settings_show(settings));
        g_autoptr(GVariant) value = g_variant_lookup_value(all, property, NULL);
        g_autofree char *got = g_variant_print(value, FALSE);

        g_assert_cmpstr(got, ==, wanted);
}

static void test_show_values(void) {
        const char *web = "[Socket]\nListenStream=8080\nFileDescriptorName=http\nAccept=yes\n"
                          "SocketMode=0600\n";
        const char *service = "[Service]\nExecStart=-/bin/x 'a b'\nTimeoutStartSec=5min\n"
                              "EnvironmentFile=-/e\nWorkingDirectory=-/w\n";

        assert_property("web.socket", web, "Listen",
                        "[{'type': 'Stream', 'address': '[::]:8080', 'name': 'http'}]");
        assert_property("web.socket", web, "SocketMode", "'0600'");
        assert_property("web.socket", web, "Service", "'web@.service'");
        assert_property("web.socket", web, "Signal", "'RTMIN+9'");
        assert_property("web.socket", web, "TriggerLimitBurst", "200");
        assert_property("web.socket", web, "Backlog", "4294967295");
        assert_property("web.socket", web, "Description", "'web.socket'");
        assert_property("web.socket", web, "ClaimTimeoutUSec", "30000000");
        assert_property("web.service", service, "ExecStart",
                        "[('/bin/x', ['/bin/x', 'a b'], ['ignore-failure'])]");
        assert_property("web.service", service, "TimeoutStartUSec", "300000000");
        assert_property("web.service", service, "EnvironmentFiles", "[('/e', true)]");
        assert_property("web.service", service, "WorkingDirectory", "'!/w'");
        assert_property("web.service", service, "KillSignal", "'SIGTERM'");
        assert_property("web.memfd", "[Memfd]\nSize=1M\n", "Seal", "['grow', 'shrink', 'seal']");
        assert_property("web.memfd", "[Memfd]\nSize=1M\n", "Signal", "'RTMIN+10'");
        assert_property("web.memfd", "[Memfd]\nSize=1M\n", "MaxSize", "67108864");
}

/* ---- the man pages ---- */

/* The pages, and the sections of a unit file whose keys each describes. */
static const struct {
        const char *name;
        const char *sections[3];
} pages[] = {
        { "unit", { "Unit", "Install" } },   { "service", { "Service", "Unit" } },
        { "socket", { "Socket", "Unit" } },  { "memfd", { "Memfd", "Unit" } },
        { "exec", { "Service", "Socket" } },
};

static char *page_read(const char *name) {
        g_autofree char *page = g_strdup_printf("bellhop.%s.5.scd", name), *text = NULL;
        g_autofree char *file =
                g_test_build_filename(G_TEST_DIST, "..", "..", "docs", "man", page, NULL);

        g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
        return g_steal_pointer(&text);
}

static bool page_has(const char *name, const char *word) {
        g_autofree char *text = page_read(name);

        return strstr(text, word) != NULL;
}

/* Whether a key of a section is honoured, in a unit of any type. */
static bool key_is_honoured(const char *section, const char *key) {
        size_t count;
        const Directive *rows = directive_table(&count);

        for (size_t i = 0; i < count; i++)
                if (!strcmp(rows[i].section, section) && !strcmp(rows[i].key, key) &&
                    rows[i].status == DIRECTIVE_HONOURED)
                        return true;
        return false;
}

/* What is in capitals alone may be what a service tells by sd_notify(3). */
static bool key_is_known(const char *key) {
        size_t count, capitals = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
        const Directive *rows = directive_table(&count);

        if (!key[capitals])
                return true;
        for (size_t i = 0; i < count; i++)
                if (!strcmp(rows[i].key, key))
                        return true;
        return false;
}

/* [Unit] is alike everywhere, but what only some types honour may be in the pages of these. */
static bool row_is_described(const Directive *row) {
        g_autofree char *word = g_strdup_printf("*%s=*", row->key);

        if (!strcmp(row->section, "Unit") || !strcmp(row->section, "Install"))
                return page_has("unit", word) ||
                       (page_has("service", word) && page_has("socket", word));
        return page_has(unit_type_to_string(row->type), word) ||
               (row->type != UNIT_MEMFD && page_has("exec", word));
}

static void test_honoured_are_described(void) {
        size_t count;
        const Directive *rows = directive_table(&count);
        unsigned int missing = 0;

        for (size_t i = 0; i < count; i++)
                if (rows[i].status == DIRECTIVE_HONOURED && !row_is_described(&rows[i])) {
                        g_test_message("no page has [%s] %s", rows[i].section, rows[i].key);
                        missing++;
                }
        g_assert_cmpuint(missing, ==, 0);
}

/* Calls back for each "Key=" of a text; what is all capitals is a variable. Returns: how many
 * there were. */
static unsigned int each_key(const char *text,
                             void (*found)(const char *page, const char *key, void *userdata),
                             const char *page, void *userdata) {
        g_autoptr(GRegex) regex =
                g_regex_new("(?<![A-Za-z0-9.-])([A-Z][A-Z0-9]*[a-z][A-Za-z0-9]*)=", 0, 0, NULL);
        g_autoptr(GMatchInfo) match = NULL;
        unsigned int count = 0;

        g_regex_match(regex, text, 0, &match);
        for (; g_match_info_matches(match); count++) {
                g_autofree char *key = g_match_info_fetch(match, 1);

                found(page, key, userdata);
                g_match_info_next(match, NULL);
        }
        return count;
}

static void check_known(const char *page, const char *key, void *userdata) {
        if (key_is_known(key))
                return;
        g_test_message("%s: there is no key %s", page, key);
        (*(unsigned int *)userdata)++;
}

static void check_heading(const char *page, const char *key, void *userdata) {
        for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
                for (size_t j = 0; !strcmp(pages[i].name, page) && pages[i].sections[j]; j++)
                        if (key_is_honoured(pages[i].sections[j], key))
                                return;
        g_test_message("%s: %s has a paragraph and is not honoured", page, key);
        (*(unsigned int *)userdata)++;
}

/* A line of keys alone is the heading of a paragraph about them. */
static bool line_is_heading(const char *line) {
        return g_regex_match_simple("^\\*[A-Z][A-Za-z0-9]*=\\*(, \\*[A-Z][A-Za-z0-9]*=\\*)*,?$",
                                    line, 0, 0);
}

/* A page that promises a key which isn't honoured misleads as much as one that leaves one out. */
static void test_described_are_honoured(void) {
        unsigned int wrong = 0;

        for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
                g_autofree char *text = page_read(pages[i].name);
                g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
                unsigned int headings = 0;

                g_assert_cmpuint(each_key(text, check_known, pages[i].name, &wrong), >, 0);
                for (char **line = lines; *line; line++)
                        if (line_is_heading(*line))
                                headings += each_key(*line, check_heading, pages[i].name, &wrong);
                g_assert_cmpuint(headings, >, 10);
        }
        g_assert_cmpuint(wrong, ==, 0);
}

#define LIST_TITLE "# WHAT ISN'T HONOURED"

/* The list of a page: "Key=", and "Begin...=" for all keys that begin so. NULL: it has none. */
static char *unhonoured_list(const char *page) {
        g_autofree char *text = page_read(page);
        char *begin = strstr(text, LIST_TITLE), *end;

        if (!begin)
                return NULL;
        end = strstr(begin, "\n# ");
        g_assert_nonnull(end);
        return g_strndup(begin, (gsize)(end - begin));
}

static bool list_has(const char *list, const char *key) {
        g_autofree char *whole = g_strdup_printf("\\b%s=", key);
        g_autoptr(GRegex) regex = g_regex_new("\\b([A-Z][A-Za-z0-9]*)\\.\\.\\.=", 0, 0, NULL);
        g_autoptr(GMatchInfo) match = NULL;

        if (g_regex_match_simple(whole, list, 0, 0))
                return true;
        for (g_regex_match(regex, list, 0, &match); g_match_info_matches(match);
             g_match_info_next(match, NULL)) {
                g_autofree char *beginning = g_match_info_fetch(match, 1);

                if (g_str_has_prefix(key, beginning))
                        return true;
        }
        return false;
}

static bool page_is_for(size_t page, const char *section) {
        return g_strv_contains(pages[page].sections, section);
}

/* Whether one of the pages of its section lists it. */
static bool row_is_listed(const Directive *row) {
        for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
                g_autofree char *list = NULL;

                if (!page_is_for(i, row->section))
                        continue;
                list = unhonoured_list(pages[i].name);
                if (list && list_has(list, row->key))
                        return true;
        }
        return false;
}

/* Every row of the table that has no paragraph is in a list, with its reason in the table. */
static void test_unhonoured_are_listed(void) {
        size_t count;
        const Directive *rows = directive_table(&count);
        unsigned int missing = 0;

        for (size_t i = 0; i < count; i++) {
                g_test_message("[%s] %s", rows[i].section, rows[i].key);
                g_assert_true((rows[i].status == DIRECTIVE_NOT_HONOURED) ==
                              (rows[i].since == NULL));
                g_assert_true((rows[i].status == DIRECTIVE_HONOURED) == (rows[i].note == NULL));
                if (rows[i].status == DIRECTIVE_HONOURED || row_is_listed(&rows[i]))
                        continue;
                g_test_message("no page of [%s] lists %s", rows[i].section, rows[i].key);
                missing++;
        }
        g_assert_cmpuint(missing, ==, 0);
}

/* One entry of a page's list. Returns: it is of keys of its sections, none of which is honoured. */
static bool entry_is_unhonoured(size_t page, const char *entry) {
        bool all = g_str_has_suffix(entry, "...=");
        size_t count, length = strlen(entry) - (all ? strlen("...=") : strlen("="));
        const Directive *rows = directive_table(&count);
        bool found = false;

        for (size_t i = 0; i < count; i++)
                if (page_is_for(page, rows[i].section) && !strncmp(rows[i].key, entry, length) &&
                    (all || !rows[i].key[length])) {
                        if (rows[i].status == DIRECTIVE_HONOURED)
                                return false;
                        found = true;
                }
        return found;
}

/* The lines of a list that are keys alone. Returns: how many there are of them. */
static unsigned int check_list(size_t page, const char *list, unsigned int *wrong) {
        g_auto(GStrv) lines = g_strsplit(list, "\n", -1);
        unsigned int entries = 0;

        for (char **line = lines; *line; line++) {
                g_auto(GStrv) words = g_strsplit_set(*line, ", ", -1);

                if (!g_regex_match_simple("^([A-Z][A-Za-z0-9]*(\\.\\.\\.)?=(, |,$|$))+$", *line, 0,
                                          0))
                        continue;
                for (char **word = words; *word; word++)
                        if (**word && ++entries && !entry_is_unhonoured(page, *word)) {
                                g_test_message("%s: %s is honoured, or nothing", pages[page].name,
                                               *word);
                                (*wrong)++;
                        }
        }
        return entries;
}

static void test_listed_are_unhonoured(void) {
        unsigned int entries = 0, wrong = 0, lists = 0;

        for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
                g_autofree char *list = unhonoured_list(pages[i].name);

                if (!list)
                        continue;
                entries += check_list(i, list, &wrong);
                lists++;
        }
        g_assert_cmpuint(lists, ==, 4);
        g_assert_cmpuint(entries, >, 80);
        g_assert_cmpuint(wrong, ==, 0);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/directives/find", test_find);
        g_test_add_func("/directives/sparse", test_sparse);
        g_test_add_func("/directives/nearest", test_nearest);
        g_test_add_func("/directives/nonsense", test_nonsense);
        g_test_add_func("/directives/equal-and-reset", test_equal_and_reset);
        g_test_add_func("/directives/show", test_show);
        g_test_add_func("/directives/show-values", test_show_values);
        g_test_add_func("/directives/described-are-honoured", test_described_are_honoured);
        g_test_add_func("/directives/unhonoured-are-listed", test_unhonoured_are_listed);
        g_test_add_func("/directives/listed-are-unhonoured", test_listed_are_unhonoured);
        g_test_add_func("/directives/honoured-are-described", test_honoured_are_described);
        return g_test_run();
}
