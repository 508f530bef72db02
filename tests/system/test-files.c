/* SPDX-License-Identifier: MIT */
/* bellhopctl on unit files, without a manager: verify, show --file, cat, directives. */
#include <string.h>

#include "harness.h"

/* Files, "NAME\nTEXT" each, and what verify must say of them, in order; nothing: silence. */
typedef struct VerifyCase {
        const char *name;
        const char *files[5][2]; /* name, text; @dir@ as everywhere */
        int status;
        const char *expected[4];
} VerifyCase;

#define SERVICE "[Service]\nExecStart=/bin/true\n"

static const VerifyCase verify_cases[] = {
        { "good",
          { { "a.socket", "[Socket]\nListenStream=/run/a\n" }, { "a.service", SERVICE } },
          0,
          { NULL } },
        { "misspelt",
          { { "a.service", SERVICE "ExecStrat=/bin/true\n" } },
          0,
          { "a.service:3: warning: ExecStrat: unknown key in [Service]; did you mean "
            "ExecStart=?" } },
        { "no-service",
          { { "a.socket", "[Socket]\nListenStream=/run/a\n" } },
          1,
          { "a.socket: error: there is no a.service to be started" } },
        { "no-named-service",
          { { "a.socket", "[Socket]\nListenStream=/run/a\nService=b.service\n" } },
          1,
          { "a.socket:3: error: Service: there is no b.service to be started" } },
        { "no-template",
          { { "a.socket", "[Socket]\nListenStream=/run/a\nAccept=yes\n" },
            { "a.service", SERVICE } },
          1,
          { "there is no a@.service to be started for each connection" } },
        { "address-twice",
          { { "a.socket", "[Socket]\nListenStream=/run/a\nService=a.service\n" },
            { "b.socket",
              "[Socket]\nListenStream=/run/b\nListenStream=/run/a\nService=a.service\n" },
            { "a.service", SERVICE } },
          1,
          { "a.socket:2: error: /run/a is listened on by b.socket as well",
            "b.socket:3: error: /run/a is listened on by a.socket as well" } },
        { "shared-port",
          { { "a.socket", "[Socket]\nListenStream=8080\nReusePort=yes\nService=a.service\n" },
            { "b.socket", "[Socket]\nListenStream=8080\nReusePort=yes\nService=a.service\n" },
            { "a.service", SERVICE } },
          0,
          { NULL } },
        { "name-twice",
          { { "a.socket", "[Socket]\nListenStream=/run/a\nFileDescriptorName=x\n" },
            { "b.memfd", "[Memfd]\nContent=1\nFileDescriptorName=x\nService=a.service\n" },
            { "a.service", SERVICE } },
          0,
          { "b.memfd:3: warning: FileDescriptorName: a.socket gives a.service a descriptor named "
            "'x' as well" } },
        { "cycle",
          { { "a.service", "[Unit]\nAfter=b.service\n" SERVICE },
            { "b.service", "[Unit]\nAfter=c.service\n" SERVICE },
            { "c.service", "[Unit]\nAfter=a.service\n" SERVICE } },
          1,
          { "a.service:2: error: After: the order goes in a circle: a.service after b.service "
            "after c.service after a.service" } },
        { "after-nothing",
          { { "a.service", "[Unit]\nAfter=b.service\n" SERVICE } },
          0,
          { "a.service:2: warning: After: there is no unit b.service; the order has no effect" } },
        { "requires-nothing",
          { { "a.service", "[Unit]\nRequires=b.service\n" SERVICE } },
          1,
          { "a.service:2: error: Requires: there is no unit b.service" } },
        { "no-source",
          { { "a.memfd", "[Memfd]\nSource=@dir@/none\n" }, { "a.service", SERVICE } },
          1,
          { "a.memfd:2: error: Source: ", "/none can't be read: No such file or directory" } },
        { "no-program",
          { { "a.service", "[Service]\nExecStart=@dir@/none\n" } },
          1,
          { "a.service:2: error: ExecStart: ", "/none can't be run: No such file or directory" } },
        { "optional-program", { { "a.service", "[Service]\nExecStart=-/none\n" } }, 0, { NULL } },
};

/* Writes a case's files, and has them verified in their order. Returns: the exit status. */
static int verify_files(const Fixture *fixture, const VerifyCase *verify, char **ret_output) {
        g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);

        g_ptr_array_add(argv, g_strdup("bellhopctl"));
        g_ptr_array_add(argv, g_strdup("verify"));
        for (size_t i = 0; i < ARRAY_SIZE(verify->files) && verify->files[i][0]; i++) {
                unit_write(fixture, verify->files[i][0], "%s", verify->files[i][1]);
                g_ptr_array_add(argv, g_build_filename(fixture->units, verify->files[i][0], NULL));
        }
        g_ptr_array_add(argv, NULL);
        return run_argv(fixture, ret_output, (const char *const *)argv->pdata);
}

static void verify_check(const Fixture *fixture, const VerifyCase *verify) {
        g_autofree char *output = NULL;
        int status = verify_files(fixture, verify, &output);
        const char *from = output;

        for (size_t i = 0; i < ARRAY_SIZE(verify->expected) && verify->expected[i]; i++) {
                from = strstr(from, verify->expected[i]);
                if (!from)
                        g_error("%s: no \"%s\" in:\n%s", verify->name, verify->expected[i], output);
        }
        if (!verify->expected[0])
                g_assert_cmpstr(output, ==, "");
        if (status != verify->status)
                g_error("%s: exit status %d, output:\n%s", verify->name, status, output);
}

static void test_verify(void) {
        _fixture_ Fixture *fixture = fixture_new();

        for (size_t i = 0; i < ARRAY_SIZE(verify_cases); i++) {
                verify_check(fixture, &verify_cases[i]);
                for (size_t j = 0; verify_cases[i].files[j][0]; j++)
                        unit_remove(fixture, verify_cases[i].files[j][0]);
        }
}

static void test_verify_unreadable(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL;

        g_assert_cmpint(ctl(fixture, &output, "verify", "/nonexistent/a.service", NULL), ==, 2);
        g_assert_nonnull(strstr(output, "/nonexistent/a.service: No such file or directory"));
        g_clear_pointer(&output, g_free);
        g_assert_cmpint(ctl(fixture, &output, "verify", "/etc/passwd", NULL), ==, 2);
        g_assert_nonnull(strstr(output, "/etc/passwd: the name isn't"));
}

static void test_verify_json(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL, *path = NULL;

        unit_write(fixture, "a.service", SERVICE "Nonsense=1\n");
        path = g_build_filename(fixture->units, "a.service", NULL);
        g_assert_cmpint(ctl(fixture, &output, "--json=short", "verify", path, NULL), ==, 0);
        g_assert_true(g_str_has_prefix(output, "[{\"file\":\""));
        g_assert_nonnull(strstr(output, "\"key\":\"Nonsense\",\"level\":\"warning\",\"line\":3,"));
}

static void test_show_file(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL, *json = NULL, *path = NULL;

        unit_write(fixture, "a.socket",
                   "[Socket]\nListenStream=8080\nFileDescriptorName=http\nTimeoutSec=2min\n");
        path = g_build_filename(fixture->units, "a.socket", NULL);
        g_assert_cmpint(ctl(fixture, &output, "show", "--file", path, NULL), ==, 0);
        g_assert_nonnull(strstr(output, "\nSocketMode=0666\n"));
        g_assert_nonnull(strstr(output, "\nBacklog="));
        g_assert_cmpint(ctl(fixture, &json, "--json=short", "show", "--file", path, NULL), ==, 0);
        g_assert_nonnull(
                strstr(json, "{\"type\":\"Stream\",\"address\":\"[::]:8080\",\"name\":\"http\"}"));
        g_assert_nonnull(strstr(json, "\"Id\":\"a.socket\""));
}

static void test_cat(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL, *none = NULL, *path = NULL;

        unit_write(fixture, "a.service", SERVICE);
        path = g_strdup_printf("--unit-path=%s", fixture->units);
        g_assert_cmpint(ctl(fixture, &output, path, "cat", "a", NULL), ==, 0);
        g_assert_nonnull(strstr(output, "/a.service\n" SERVICE));
        g_assert_cmpint(ctl(fixture, &none, path, "cat", "b", NULL), ==, 4);
        g_assert_nonnull(strstr(none, "no file of b.service is in the search path"));
}

static void test_directives(void) {
        _fixture_ Fixture *fixture = fixture_new();
        g_autofree char *output = NULL, *json = NULL;

        g_assert_cmpint(ctl(fixture, &output, "directives", "ListenStream", NULL), ==, 0);
        g_assert_nonnull(strstr(output, "Socket"));
        g_assert_nonnull(strstr(output, "honoured"));
        g_assert_nonnull(strstr(output, "1 directives listed"));
        g_assert_cmpint(ctl(fixture, &json, "--json=short", "directives", "RestartSec", NULL), ==,
                        0);
        g_assert_nonnull(strstr(json, "\"Key\":\"RestartSec\",\"Property\":\"RestartUSec\","
                                      "\"Section\":\"Service\""));
}

static const TestCase cases[] = {
        { "verify", test_verify, AS_BOTH, 0 },
        { "verify unreadable", test_verify_unreadable, AS_BOTH, 0 },
        { "verify json", test_verify_json, AS_BOTH, 0 },
        { "show files", test_show_file, AS_BOTH, 0 },
        { "cat", test_cat, AS_BOTH, 0 },
        { "directives", test_directives, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
