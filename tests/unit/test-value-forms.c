/* SPDX-License-Identifier: MIT */
/* Values in the many forms that files have them in: which are taken and what they mean. What the
 * tables say is what systemd 252 does; tests/oracle compares the rest. */
#include "sparse.h"
#include "unit-text.h"
#include "value.h"

typedef struct FormCase {
        const char *line;   /* of [Service] */
        const char *wanted; /* the property of the same name as GVariant text; NULL: refused */
} FormCase;

static char *shown(const UnitSettings *settings, const char *property) {
        g_autoptr(GVariant) all = g_variant_ref_sink(settings_show(settings));
        g_autoptr(GVariant) value = g_variant_lookup_value(all, property, NULL);

        g_assert_nonnull(value);
        return g_variant_print(value, FALSE);
}

/* What of the diagnostics is an error. */
static guint count_errors(const Diagnostics *diagnostics) {
        guint errors = 0;

        for (guint i = 0; i < diagnostics->list->len; i++) {
                const Diagnostic *diagnostic = diagnostics->list->pdata[i];
                g_autofree char *text = diagnostic_to_string(diagnostic);

                g_test_message("%s", text);
                errors += diagnostic->level == DIAGNOSTIC_ERROR;
        }
        return errors;
}

static void assert_form(const char *name, const char *head, const FormCase *form) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;
        g_autofree char *text = g_strconcat(head, form->line, "\n", NULL);
        g_autofree char *key = g_strndup(form->line, strcspn(form->line, "="));
        g_autofree char *value = NULL;

        g_test_message("%s", form->line);
        load_text(name, text, diagnostics, &settings);
        g_assert_cmpuint(count_errors(diagnostics), ==, form->wanted ? 0 : 1);
        if (!form->wanted)
                return;
        value = shown(settings, key);
        g_assert_cmpstr(value, ==, form->wanted);
}

static void assert_service_forms(const FormCase *forms, size_t count) {
        for (size_t i = 0; i < count; i++)
                assert_form("a.service", "[Service]\nExecStart=/bin/x\n", &forms[i]);
}

static void assert_socket_forms(const FormCase *forms, size_t count) {
        for (size_t i = 0; i < count; i++)
                assert_form("a.socket", "[Socket]\nListenStream=/run/x\n", &forms[i]);
}

static void test_numbers(void) {
        static const FormCase forms[] = {
                { "Nice=0x10", "16" },
                { "Nice=-010", "-8" },
                { "Nice=+5", "5" },
                { "Nice=09", NULL },
                { "Nice=-+5", NULL },
                { "Nice=+-5", NULL },
                { "Nice=--5", NULL },
                { "OOMScoreAdjust=-+5", NULL },
                { "OOMScoreAdjust=0b11", "3" },
                { "TasksMax=0x10", "16" },
                { "IOWeight=0o17", "15" },
                { "LimitNOFILE=0x400", "1024" },
                { "LimitNICE=infinity", NULL },
                { "KillSignal=0xf", "'SIGTERM'" },
                { "AllowedCPUs=0x1-0b11", "'1-3'" },
                { "SuccessExitStatus=0x10", "([16], [])" },
                { "MemoryMax=0", NULL },
                { "MemoryMax=+4K", "4096" },
                { "MemoryLow=0", "0" },
                { "SystemCallErrorNumber=0", NULL },
                { "FailureAction=reboot", "'reboot'" },
                { "StartLimitAction=exit", "'exit'" },
                { "RebootArgument=a", "'a'" },
        };
        static const FormCase sockets[] = {
                { "Backlog=0x10", "16" },        { "Mark=010", "8" },
                { "Priority=-1", "-1" },         { "IPTOS=0x10", "16" },
                { "PipeSize=0", "0" },           { "ReceiveBuffer=0", "0" },
                { "SendBuffer=infinity", NULL }, { "MaxConnections=0999", NULL },
        };

        assert_service_forms(forms, ARRAY_SIZE(forms));
        assert_socket_forms(sockets, ARRAY_SIZE(sockets));
}

/* A line costs itself, however many there are before it: it would take minutes. */
static void test_many_lines(void) {
        static const char line[] = "as long as thirty-two characters";
        enum { COUNT = 1000000 };
        _cleanup_(settings_unref_cleanup) UnitSettings *settings =
                settings_new(UNIT_MEMFD, "a.memfd", NULL);
        const DirectiveContext context = { .file = "test", .settings = settings };
        const GString *text;
        void *field = NULL;

        for (int i = 0; i < COUNT; i++)
                g_assert_cmpint(value_lines.parse(&context, NULL, &field, line), ==, 0);
        text = field;
        g_assert_cmpuint(text->len, ==, COUNT * sizeof(line));
        value_lines.clear(&field);
}

static void test_words(void) {
        static const FormCase forms[] = {
                { "SyslogLevel=6", "'info'" },         { "SyslogLevel=8", NULL },
                { "SyslogFacility=3", "'daemon'" },    { "SyslogFacility=15", NULL },
                { "CPUSchedulingPolicy=1", "'fifo'" }, { "CPUSchedulingPolicy=4", NULL },
                { "IOSchedulingClass=3", "'idle'" },   { "IOSchedulingClass=4", NULL },
        };
        static const FormCase sockets[] = {
                { "BindIPv6Only=yes", "'ipv6-only'" },
                { "BindIPv6Only=0", "'both'" },
                { "BindIPv6Only=maybe", NULL },
        };

        assert_service_forms(forms, ARRAY_SIZE(forms));
        assert_socket_forms(sockets, ARRAY_SIZE(sockets));
}

static void test_paths(void) {
        static const FormCase forms[] = {
                { "PIDFile=/run//x.pid", "'/run/x.pid'" },
                { "PIDFile=../x.pid", NULL },
                { "RootDirectory=%i", "''" },
                { "BindPaths=/a/../b", NULL },
                { "BindPaths=-/a:/b:rbind", "['-/a:/b:rbind']" },
                { "MountImages=/a", NULL },
                { "MountImages=/a:/b", "['/a:/b']" },
                { "TemporaryFileSystem=/a:ro", "['/a:ro']" },
                { "TemporaryFileSystem=-/a", NULL },
                { "IPEgressFilterPath=/a b", "['/a b']" },
                { "IPEgressFilterPath=-/a", NULL },
                { "ExecSearchPath=/a b:/c", "['/a b:/c']" },
                { "ExecSearchPath=%i", NULL },
                { "ConfigurationDirectory=a:b", NULL },
                { "StateDirectory=a:b", "['a:b']" },
                { "BPFProgram=egress:/sys/x", "['egress:/sys/x']" },
                { "BPFProgram=file:/sys/x", NULL },
                { "DeviceAllow=/dev/null rw", "['/dev/null rw']" },
                { "DeviceAllow=/run/null rw", NULL },
        };

        assert_service_forms(forms, ARRAY_SIZE(forms));
}

/* Below /run for root's manager whatever the environment says, and for nobody else's. */
static void test_runtime_paths(void) {
        static const FormCase roots[] = {
                { "PIDFile=x.pid", "'/run/x.pid'" },
                { "PIDFile=a//b.pid", "'/run/a/b.pid'" },
        };
        static const FormCase users[] = {
                { "PIDFile=x.pid", "'/folder/x.pid'" },
                { "PIDFile=a//b.pid", "'/folder/a/b.pid'" },
        };
        g_autofree char *before = g_strdup(g_getenv("XDG_RUNTIME_DIR"));
        g_autofree char *below_run = g_strdup_printf("'/run/user/%u/x.pid'", geteuid());
        const FormCase without = { "PIDFile=x.pid", below_run };

        g_setenv("XDG_RUNTIME_DIR", "/folder", TRUE);
        assert_service_forms(geteuid() == 0 ? roots : users, ARRAY_SIZE(roots));
        g_unsetenv("XDG_RUNTIME_DIR");
        assert_service_forms(geteuid() == 0 ? roots : &without, 1);
        if (before)
                g_setenv("XDG_RUNTIME_DIR", before, TRUE);
}

static void test_names(void) {
        static const FormCase forms[] = {
                { "Slice=a-b.slice", "'a-b.slice'" },
                { "Slice=a.service", NULL },
                { "BusName=org.example.A_1", "'org.example.A_1'" },
                { "BusName=org", NULL },
                { "BusName=org.1a", NULL },
                { "BusName=org..a", NULL },
                { "LogNamespace=a@b", "'a@b'" },
                { "LogNamespace=a/b", NULL },
                { "RestrictNetworkInterfaces=eth0 lo", "['eth0', 'lo']" },
                { "RestrictNetworkInterfaces=~eth0", "['~eth0']" },
                { "RestrictNetworkInterfaces=5", NULL },
                { "RestrictNetworkInterfaces=all", NULL },
                { "User=DOMAIN\\user", "'DOMAIN\\\\user'" },
                { "User=%i", NULL },
                { "User=0644", NULL },
                { "LoadCredential=a:/b", "['a:/b']" },
                { "LoadCredential=a:b", "['a:b']" },
                { "LoadCredential=a:b:c", NULL },
                { "SetCredential=a:b:c", "['a:b:c']" },
                { "SetCredential=a", NULL },
                { "RootHashSignature=base64:YQ==", "'base64:YQ=='" },
                { "RootHashSignature=a", NULL },
                { "RootHash=0123456789abcdef0123456789abcdef",
                  "'0123456789abcdef0123456789abcdef'" },
                { "RootHash=0123", NULL },
                { "RootImageOptions=usr:ro", "['usr:ro']" },
                { "RootImageOptions=other:ro", NULL },
                { "SystemCallFilter=''", NULL },
                { "SystemCallFilter=@system-service kill:EPERM",
                  "['@system-service', 'kill:EPERM']" },
        };
        static const FormCase sockets[] = {
                { "FileDescriptorName=%i", "'a.socket'" },
                { "FileDescriptorName=50%", "'50%'" },
                { "BindToDevice=0x10", NULL },
        };

        assert_service_forms(forms, ARRAY_SIZE(forms));
        assert_socket_forms(sockets, ARRAY_SIZE(sockets));
}

/* A kernel may have capabilities that nobody here knows: that is no error. */
static void test_unknown_flags(void) {
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = load_warned(
                "a.service",
                "[Service]\nExecStart=/bin/x\nCapabilityBoundingSet=CAP_KILL CAP_FUTURE\n", 3,
                "CapabilityBoundingSet", "'CAP_FUTURE' is left out");
        g_autofree char *set = shown(settings, "CapabilityBoundingSet");

        g_assert_cmpstr(set, ==, "['cap_kill']");
}

static void test_program_with_parent(void) {
        _cleanup_(settings_unref_cleanup) UnitSettings *settings =
                load_good("a.service", "[Service]\nExecStart=/usr//lib/../bin/x\n");
        const ExecCommand *command = SERVICE_SETTINGS(settings)->exec_start->pdata[0];

        g_assert_cmpstr(command->path, ==, "/usr/lib/../bin/x");
}

static void test_conditions(void) {
        assert_bad("a.service",
                   "[Unit]\nConditionPathExists=/a/../b\n[Service]\nExecStart=/bin/x\n", 2,
                   "ConditionPathExists", "without '..'");
        assert_bad("a.service", "[Unit]\nRequiresMountsFor=/a/..\n[Service]\nExecStart=/bin/x\n", 2,
                   "RequiresMountsFor", "without '..'");
}

/* Type= is what the other keys need, where it isn't given. */
static void test_service_type(void) {
        static const struct {
                const char *text;
                ServiceType type;
        } cases[] = {
                { "[Service]\nExecStart=/bin/x\n", SERVICE_SIMPLE },
                { "[Service]\nExecStart=/bin/x\nBusName=a.b\n", SERVICE_EXEC },
                { "[Service]\nExecStop=/bin/x\n", SERVICE_ONESHOT },
                { "[Service]\nRemainAfterExit=yes\n", SERVICE_ONESHOT },
                { "[Unit]\nSuccessAction=exit\n", SERVICE_ONESHOT },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
                _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;

                g_assert_cmpint(load_text("a.service", cases[i].text, diagnostics, &settings), ==,
                                0);
                g_assert_cmpint(SERVICE_SETTINGS(settings)->service_type, ==, cases[i].type);
        }
        assert_bad("a.service", "[Service]\nType=simple\nExecStop=/bin/x\n", 0, NULL,
                   "needs an ExecStart= line");
        assert_bad("a.service", "[Service]\nUser=root\n", 0, NULL, "without ExecStart=");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/value-forms/numbers", test_numbers);
        g_test_add_func("/value-forms/many-lines", test_many_lines);
        g_test_add_func("/value-forms/words", test_words);
        g_test_add_func("/value-forms/paths", test_paths);
        g_test_add_func("/value-forms/runtime-paths", test_runtime_paths);
        g_test_add_func("/value-forms/names", test_names);
        g_test_add_func("/value-forms/unknown-flags", test_unknown_flags);
        g_test_add_func("/value-forms/program-with-parent", test_program_with_parent);
        g_test_add_func("/value-forms/conditions", test_conditions);
        g_test_add_func("/value-forms/service-type", test_service_type);
        return g_test_run();
}
