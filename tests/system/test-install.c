/* SPDX-License-Identifier: MIT */
/* bellhopctl on the links of unit files: enable, disable, is-enabled, mask, unmask, preset. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

#define SERVICE "[Service]\nExecStart=/bin/true\n"

/* bellhopctl on the fixture's unit folders: its own, where links go, and one below it. */
static int install(const Fixture *fixture, char **ret_output, const char *verb, const char *unit) {
        g_autofree char *lib = g_build_filename(fixture->folder, "lib", NULL);
        g_autofree char *path = g_strdup_printf("--unit-path=%s:%s", fixture->units, lib);

        return ctl(fixture, ret_output, path, verb, unit, NULL);
}

/* A unit as a package brings it. */
static void lib_write(const Fixture *fixture, const char *name, const char *text) {
        g_autofree char *lib = g_build_filename(fixture->folder, "lib", NULL);
        g_autofree char *file = g_build_filename("lib", name, NULL);

        g_assert_cmpint(g_mkdir_with_parents(lib, 0755), ==, 0);
        g_free(file_write(fixture, file, "%s", text));
}

/* Where NAME in the fixture's unit folder leads to, or NULL. */
static char *link_of(const Fixture *fixture, const char *name) {
        g_autofree char *path = g_build_filename(fixture->units, name, NULL);

        return g_file_read_link(path, NULL);
}

static void expect_link(const Fixture *fixture, const char *name, const char *unit) {
        g_autofree char *target = link_of(fixture, name);
        g_autofree char *expected =
                unit ? g_build_filename(fixture->folder, "lib", unit, NULL) : NULL;

        g_assert_cmpstr(target, ==, expected);
}

static void expect_state(const Fixture *fixture, const char *unit, const char *state, int status) {
        g_autofree char *output = NULL, *line = g_strconcat(state, "\n", NULL);

        g_assert_cmpint(install(fixture, &output, "is-enabled", unit), ==, status);
        g_assert_cmpstr(output, ==, line);
}

static void test_enable(void) {
        _fixture_ Fixture *fixture = fixture_new();

        lib_write(fixture, "web.service",
                  SERVICE
                  "[Install]\nWantedBy=default.target\nRequiredBy=b.target\nAlias=http.service\n"
                  "Also=web.socket\n");
        lib_write(fixture, "web.socket",
                  "[Socket]\nListenStream=/run/web\n[Install]\nWantedBy=sockets.target\n");
        expect_state(fixture, "web.service", "disabled", 1);
        g_assert_cmpint(install(fixture, NULL, "enable", "web"), ==, 0);
        expect_link(fixture, "default.target.wants/web.service", "web.service");
        expect_link(fixture, "b.target.requires/web.service", "web.service");
        expect_link(fixture, "http.service", "web.service");
        expect_link(fixture, "sockets.target.wants/web.socket", "web.socket");
        expect_state(fixture, "web.service", "enabled", 0);
        expect_state(fixture, "web.socket", "enabled", 0);
        expect_state(fixture, "http.service", "alias", 0);

        g_assert_cmpint(install(fixture, NULL, "enable", "web"), ==, 0); /* again: nothing to do */
        g_assert_cmpint(install(fixture, NULL, "disable", "web"), ==, 0);
        expect_link(fixture, "default.target.wants/web.service", NULL);
        expect_link(fixture, "b.target.requires/web.service", NULL);
        expect_link(fixture, "http.service", NULL);
        expect_link(fixture, "sockets.target.wants/web.socket", NULL);
        expect_state(fixture, "web.service", "disabled", 1);
}

/* A target may be no more than its folders. */
static void test_enable_without_file(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *folder = g_build_filename(fixture->folder, "lib", "x.target.wants", NULL);

        lib_write(fixture, "st.service", SERVICE);
        g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
        g_assert_cmpint(install(fixture, NULL, "enable", "x.target"), ==, 4);
}

static void test_enable_templates(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL;

        lib_write(fixture, "a@.service",
                  SERVICE "[Install]\nWantedBy=default.target\nDefaultInstance=one\n");
        lib_write(fixture, "b@.service", SERVICE "[Install]\nWantedBy=default.target\n");
        g_assert_cmpint(install(fixture, NULL, "enable", "a@.service"), ==, 0);
        g_assert_cmpint(install(fixture, NULL, "enable", "a@two.service"), ==, 0);
        expect_link(fixture, "default.target.wants/a@one.service", "a@.service");
        expect_link(fixture, "default.target.wants/a@two.service", "a@.service");
        g_assert_cmpint(install(fixture, &output, "enable", "b@.service"), ==, 1);
        g_assert_nonnull(strstr(output, "name an instance of it"));
        g_assert_cmpint(install(fixture, NULL, "disable", "a@.service"), ==, 0);
        expect_link(fixture, "default.target.wants/a@one.service", NULL);
        expect_link(fixture, "default.target.wants/a@two.service", NULL);
}

/* As systemctl does it: a name of the template's stays one. */
static void test_enable_default_instance(void) {
        static const char *const links[] = {
                "one.target.wants/a@one.service",
                "other@one.service",
                "a-two@.service",
                "default.target.wants/b@one.service",
        };
        static const char *const files[] = { "a@.service", "a@.service", "a@.service",
                                             "b@.service" };
        _fixture_ Fixture *fixture = fixture_new();

        lib_write(fixture, "a@.service",
                  SERVICE "[Install]\nWantedBy=%i.target\nAlias=other@%i.service a-two@.service\n"
                          "Also=b@%i.service\nDefaultInstance=one\n");
        lib_write(fixture, "b@.service", SERVICE "[Install]\nWantedBy=default.target\n");
        g_assert_cmpint(install(fixture, NULL, "enable", "a@.service"), ==, 0);
        for (size_t i = 0; i < ARRAY_SIZE(links); i++)
                expect_link(fixture, links[i], files[i]);
        g_assert_cmpint(install(fixture, NULL, "disable", "a@.service"), ==, 0);
        for (size_t i = 0; i < ARRAY_SIZE(links); i++)
                expect_link(fixture, links[i], NULL);
}

static void test_enable_refused(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *none = NULL, *nothing = NULL, *wrong = NULL;

        g_assert_cmpint(install(fixture, &none, "enable", "none"), ==, 4);
        g_assert_nonnull(strstr(none, "none.service: there is no such unit file"));
        lib_write(fixture, "static.service", SERVICE);
        g_assert_cmpint(install(fixture, &nothing, "enable", "static"), ==, 0);
        g_assert_nonnull(strstr(nothing, "nothing to enable"));
        expect_state(fixture, "static.service", "static", 0);
        lib_write(fixture, "wrong.service", "[Service]\nRestartSec=soon\n");
        g_assert_cmpint(install(fixture, &wrong, "enable", "wrong"), ==, 1);
        g_assert_nonnull(strstr(wrong, "see bellhopctl verify"));
        expect_state(fixture, "none.service", "not-found", 4);
}

/* A name that the unit can't have is refused before a link is made; of an instance a template's
 * names are filled in. */
static void test_enable_aliases(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *refused = NULL, *plain = NULL;

        lib_write(fixture, "web.service",
                  SERVICE "[Install]\nWantedBy=default.target\nAlias=http.service web.socket\n");
        g_assert_cmpint(install(fixture, &refused, "enable", "web"), ==, 1);
        g_assert_nonnull(strstr(refused, "web.socket can't be another name of web.service"));
        expect_link(fixture, "web.socket", NULL);
        expect_link(fixture, "http.service", NULL);
        expect_link(fixture, "default.target.wants/web.service", NULL);

        lib_write(fixture, "a@.service", SERVICE "[Install]\nAlias=b@.service\n");
        g_assert_cmpint(install(fixture, NULL, "enable", "a@.service"), ==, 0);
        expect_link(fixture, "b@.service", "a@.service");
        g_assert_cmpint(install(fixture, NULL, "enable", "a@1.service"), ==, 0);
        expect_link(fixture, "b@1.service", "a@.service");
        expect_state(fixture, "a@1.service", "enabled", 0);
        g_assert_cmpint(install(fixture, NULL, "disable", "a@1.service"), ==, 0);
        expect_link(fixture, "b@1.service", NULL);
        expect_link(fixture, "b@.service", "a@.service");
        g_assert_cmpint(install(fixture, NULL, "enable", "a@1.service"), ==, 0);
        g_assert_cmpint(install(fixture, NULL, "disable", "a@.service"), ==, 0);
        expect_link(fixture, "b@1.service", NULL);
        expect_link(fixture, "b@.service", NULL);
        lib_write(fixture, "c@.service", SERVICE "[Install]\nAlias=d.service\n");
        g_assert_cmpint(install(fixture, &plain, "enable", "c@1.service"), ==, 1);
        g_assert_nonnull(strstr(plain, "d.service can't be another name of c@1.service"));
}

static void expect_listed(const char *list, const char *unit, const char *state) {
        g_autofree char *pattern = g_strdup_printf("*\n%s %s /*", unit, state);

        if (!g_pattern_match_simple(pattern, list))
                g_error("%s isn't listed as %s:\n%s", unit, state, list);
}

/* All files, loaded or not, in one list that says of each what is-enabled does. */
static void test_list_unit_files(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL, *lines = NULL, *json = NULL;
        g_auto(GStrv) words = NULL;

        lib_write(fixture, "web.service",
                  SERVICE "[Install]\nWantedBy=default.target\nAlias=http.service\n");
        lib_write(fixture, "a@.service",
                  SERVICE "[Install]\nWantedBy=default.target\nDefaultInstance=one\n");
        lib_write(fixture, "off.service", SERVICE "[Install]\nWantedBy=default.target\n");
        lib_write(fixture, "static.socket", "[Socket]\nListenStream=/run/x\n");
        lib_write(fixture, "masked.service", SERVICE);
        lib_write(fixture, "clean.timer", "[Timer]\n");
        g_assert_cmpint(install(fixture, NULL, "enable", "web"), ==, 0);
        g_assert_cmpint(install(fixture, NULL, "enable", "a@.service"), ==, 0);
        g_assert_cmpint(install(fixture, NULL, "mask", "masked"), ==, 0);
        g_assert_cmpint(install(fixture, &output, "list-unit-files", NULL), ==, 0);
        words = g_regex_split_simple(" +", output, 0, 0);
        lines = g_strjoinv(" ", words);
        expect_listed(lines, "web.service", "enabled");
        expect_listed(lines, "http.service", "alias");
        expect_listed(lines, "a@.service", "enabled");
        expect_listed(lines, "off.service", "disabled");
        expect_listed(lines, "static.socket", "static");
        expect_listed(lines, "masked.service", "masked");
        g_assert_null(strstr(output, "clean.timer"));
        g_assert_nonnull(strstr(output, "\n6 unit files listed.\n"));
        g_assert_cmpint(install(fixture, &json, "list-unit-files", "*.socket"), ==, 0);
        g_assert_nonnull(strstr(json, "\n1 unit file listed.\n"));
}

static void test_mask(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *target = NULL, *refused = NULL;

        lib_write(fixture, "web.service", SERVICE);
        g_assert_cmpint(install(fixture, NULL, "mask", "web"), ==, 0);
        target = link_of(fixture, "web.service");
        g_assert_cmpstr(target, ==, "/dev/null");
        expect_state(fixture, "web.service", "masked", 1);
        g_assert_cmpint(install(fixture, NULL, "unmask", "web"), ==, 0);
        expect_state(fixture, "web.service", "static", 0);

        unit_write(fixture, "own.service", SERVICE);
        g_assert_cmpint(install(fixture, &refused, "mask", "own"), ==, 1);
        g_assert_nonnull(strstr(refused, "own.service: can't be linked, a file is there; move it "
                                         "away first: File exists"));
}

/* A name that would lead out of the folder is none, and neither is a file's path. */
static void test_no_names(void) {
        static const char *const verbs[] = { "enable", "disable", "mask", "unmask", "preset" };
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *outside = g_build_filename(fixture->folder, "x.service", NULL);

        g_assert_cmpint(symlink("/dev/null", outside), ==, 0);
        for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
                g_autofree char *refused = NULL;

                g_assert_cmpint(install(fixture, &refused, verbs[i], "../x.service"), ==, 1);
                g_assert_nonnull(strstr(refused, "../x.service: not the name of a service"));
                g_assert_true(g_file_test(outside, G_FILE_TEST_IS_SYMLINK));
        }
        g_assert_cmpint(unlink(outside), ==, 0);
        g_assert_cmpint(install(fixture, NULL, "mask", "../x.service"), ==, 1);
        g_assert_false(g_file_test(outside, G_FILE_TEST_IS_SYMLINK));
}

static void test_preset(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *presets = NULL;

        lib_write(fixture, "web.service", SERVICE "[Install]\nWantedBy=default.target\n");
        lib_write(fixture, "db.service", SERVICE "[Install]\nWantedBy=default.target\n");
        presets = g_build_filename(fixture->folder, "lib", "preset", NULL);
        g_assert_cmpint(g_mkdir_with_parents(presets, 0755), ==, 0);
        g_free(file_write(fixture, "lib/preset/50-web.preset",
                          "# what we want\nenable w*.service\ndisable *\n"));
        g_assert_cmpint(install(fixture, NULL, "preset", "web"), ==, 0);
        expect_state(fixture, "web.service", "enabled", 0);
        g_assert_cmpint(install(fixture, NULL, "enable", "db"), ==, 0);
        g_assert_cmpint(install(fixture, NULL, "preset", "db"), ==, 0);
        expect_state(fixture, "db.service", "disabled", 1);
}

/* An instance that a preset names, and what is no line of one. */
static void test_preset_lines(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *presets = g_build_filename(fixture->folder, "lib", "preset", NULL);
        g_autofree char *warned = NULL;

        lib_write(fixture, "web@.service",
                  SERVICE "[Install]\nWantedBy=default.target\nDefaultInstance=main\n");
        lib_write(fixture, "db.service", SERVICE "[Install]\nWantedBy=default.target\n");
        g_assert_cmpint(g_mkdir_with_parents(presets, 0755), ==, 0);
        g_free(file_write(fixture, "lib/preset/50-web.preset",
                          "enalbe db.service\n\nenable\nenable web@.service 1 2\n"
                          "ignore d*\ndisable *\n"));
        g_assert_cmpint(install(fixture, &warned, "preset", "web@.service"), ==, 0);
        g_assert_nonnull(strstr(warned, "/50-web.preset:1: warning: 'enalbe' is none of"));
        g_assert_nonnull(strstr(warned, "/50-web.preset:3: warning: no unit is named"));
        expect_link(fixture, "default.target.wants/web@1.service", "web@.service");
        expect_link(fixture, "default.target.wants/web@2.service", "web@.service");
        expect_link(fixture, "default.target.wants/web@main.service", NULL);
        g_assert_cmpint(install(fixture, NULL, "preset", "web@2.service"), ==, 0);
        expect_link(fixture, "default.target.wants/web@2.service", "web@.service");
        g_assert_cmpint(install(fixture, NULL, "enable", "web@3.service"), ==, 0);
        g_assert_cmpint(install(fixture, NULL, "preset", "web@3.service"), ==, 0);
        expect_link(fixture, "default.target.wants/web@3.service", NULL);
        g_assert_cmpint(install(fixture, NULL, "enable", "db"), ==, 0);
        g_assert_cmpint(install(fixture, NULL, "preset", "db"), ==, 0);
        expect_link(fixture, "default.target.wants/db.service", "db.service");
}

/* Another name of a unit is as good as its own. */
static void test_disable_alias(void) {
        _fixture_ Fixture *fixture = fixture_new();

        lib_write(fixture, "ssh.service",
                  SERVICE "[Install]\nWantedBy=default.target\nAlias=sshd.service\n");
        g_assert_cmpint(install(fixture, NULL, "enable", "ssh"), ==, 0);
        expect_link(fixture, "sshd.service", "ssh.service");
        g_assert_cmpint(install(fixture, NULL, "disable", "sshd"), ==, 0);
        expect_link(fixture, "sshd.service", NULL);
        expect_link(fixture, "default.target.wants/ssh.service", NULL);
        expect_state(fixture, "ssh.service", "disabled", 1);
}

/* What isn't there is said to be so, and keeps nothing else from being enabled. */
static void test_also_missing(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *warned = NULL;

        lib_write(fixture, "web.service",
                  SERVICE "[Install]\nWantedBy=default.target\nAlso=missing.service db.service\n");
        lib_write(fixture, "db.service", SERVICE "[Install]\nWantedBy=default.target\n");
        g_assert_cmpint(install(fixture, &warned, "enable", "web"), ==, 0);
        g_assert_nonnull(strstr(warned, "there is no unit file missing.service to be enabled"));
        expect_link(fixture, "default.target.wants/web.service", "web.service");
        expect_link(fixture, "default.target.wants/db.service", "db.service");
}

/* A link that somebody has made by hand is the same if it leads to the same file. */
static void test_relative_link(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *wants = g_build_filename(fixture->units, "default.target.wants", NULL);
        g_autofree char *link = g_build_filename(wants, "web.service", NULL), *target = NULL;
        g_autofree char *units = g_path_get_basename(fixture->units), *refused = NULL;

        lib_write(fixture, "web.service", SERVICE "[Install]\nWantedBy=default.target\n");
        lib_write(fixture, "db.service", SERVICE);
        g_assert_cmpint(mkdir(wants, 0755), ==, 0);
        target = g_strdup_printf("../../%s/../lib/web.service", units);
        g_assert_cmpint(symlink(target, link), ==, 0);
        g_assert_cmpint(install(fixture, NULL, "enable", "web"), ==, 0);
        g_assert_cmpint(unlink(link), ==, 0);
        g_assert_cmpint(symlink("../../lib/db.service", link), ==, 0);
        g_assert_cmpint(install(fixture, &refused, "enable", "web"), ==, 1);
        g_assert_nonnull(strstr(refused, "another link is there"));
}

/* A manager that runs is told, and --now starts. */
static void test_enable_now(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL, *reload = NULL;

        unit_write(fixture, "default.target", "[Unit]\n");
        fixture_start(fixture, NULL);
        unit_write(fixture, "late.service",
                   "[Service]\nExecStart=@claimer@ --never\n[Install]\nWantedBy=default.target\n");
        unit_write(fixture, "odd.service", SERVICE "Nonsense=1\n");
        g_assert_cmpint(ctl(fixture, &output, "--now", "enable", "late", NULL), ==, 0);
        g_assert_null(strstr(output, "Nonsense")); /* other units' warnings are another matter */
        g_assert_cmpint(ctl(fixture, &reload, "daemon-reload", NULL), ==, 0);
        g_assert_nonnull(strstr(reload, "bellhopctl: "));
        g_assert_nonnull(strstr(reload, "odd.service:3: warning: Nonsense: unknown key"));
        unit_expect(fixture, "late.service", "active", NULL);
        g_assert_cmpint(ctl(fixture, NULL, "--now", "disable", "late", NULL), ==, 0);
        unit_expect(fixture, "late.service", "inactive", NULL);
}

static const TestCase cases[] = {
        { "enable", test_enable, AS_BOTH, 0 },
        { "enable without a file", test_enable_without_file, AS_BOTH, 0 },
        { "enable templates", test_enable_templates, AS_BOTH, 0 },
        { "enable default instance", test_enable_default_instance, AS_BOTH, 0 },
        { "enable refused", test_enable_refused, AS_BOTH, 0 },
        { "enable aliases", test_enable_aliases, AS_BOTH, 0 },
        { "enable now", test_enable_now, AS_BOTH, 0 },
        { "list-unit-files", test_list_unit_files, AS_BOTH, 0 },
        { "mask", test_mask, AS_BOTH, 0 },
        { "no names", test_no_names, AS_BOTH, 0 },
        { "preset", test_preset, AS_BOTH, 0 },
        { "preset lines", test_preset_lines, AS_BOTH, 0 },
        { "disable by another name", test_disable_alias, AS_BOTH, 0 },
        { "also what isn't there", test_also_missing, AS_BOTH, 0 },
        { "a relative link", test_relative_link, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
