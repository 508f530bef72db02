/* SPDX-License-Identifier: MIT */
/* Services that are hard to end, and processes that speak for others: whatever they do, a stop
 * comes to an end, nothing is left, and nobody is believed who mustn't be. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"
#include "harness.h"

#define ACTOR  "@bin@/actor @dir@/report "
#define WAITER ACTOR "report=up await=USR1 exit=0\n"

static void property_expect(Fixture *fixture, const char *unit, const char *property,
                            const char *wanted) {
        g_autofree char *value = unit_property(fixture, unit, property);

        g_assert_cmpstr(value, ==, wanted);
}

/* ---- a stop in each of the states ---- */

/* What keeps a service in a state; it stays there until it is stopped. */
static const struct {
        const char *state, *sub;
        const char *lines;
        const char *verb; /* what leads there from running: "reload", "stop" */
} places[] = {
        { "activating", "condition", "ExecCondition=" ACTOR "report=up\nExecStart=" ACTOR "\n",
          NULL },
        { "activating", "start-pre", "ExecStartPre=" ACTOR "report=up\nExecStart=" ACTOR "\n",
          NULL },
        { "activating", "start", "Type=notify\nExecStart=" ACTOR "report=up\n", NULL },
        { "activating", "start", "Type=oneshot\nExecStart=" ACTOR "report=up\n", NULL },
        { "activating", "start", "Type=forking\nExecStart=" ACTOR "report=up\n", NULL },
        { "activating", "start",
          "Type=forking\nPIDFile=@dir@/pid\nExecStart=" ACTOR "background report=up\n", NULL },
        { "activating", "start-post", "ExecStart=" ACTOR "\nExecStartPost=" ACTOR "report=up\n",
          NULL },
        { "active", "running", "Type=notify\nExecStart=" ACTOR "notify=READY=1 report=up\n", NULL },
        { "active", "running",
          "Type=notify\nExitType=cgroup\nNotifyAccess=all\nExecStart=" ACTOR
          "child notify=READY=1 report=up\n",
          NULL },
        { "active", "exited",
          "Type=oneshot\nRemainAfterExit=yes\nExecStart=" ACTOR "report=up exit=0\n", NULL },
        { "active", "reload",
          "Type=notify\nExecStart=" ACTOR "notify=READY=1\nExecReload=" ACTOR "report=up\n",
          "reload" },
        { "active", "reload-signal",
          "Type=notify-reload\nExecStart=" ACTOR "block=HUP notify=READY=1 await=HUP report=up\n",
          "reload" },
        { "active", "reload-notify",
          "Type=notify\nExecStart=" ACTOR "notify=READY=1 notify=RELOADING=1 report=up\n", NULL },
        { "deactivating", "stop",
          "Type=notify\nExecStart=" ACTOR "notify=READY=1\nExecStop=" ACTOR "report=up\n", "stop" },
        { "deactivating", "stop-watchdog",
          "Type=notify\nWatchdogSec=1h\nExecStart=" ACTOR
          "ignore=ABRT notify=READY=1 notify=WATCHDOG=trigger report=up\n",
          NULL },
        { "deactivating", "stop-sigterm",
          "Type=notify\nExecStart=" ACTOR "block=TERM notify=READY=1 await=TERM report=up\n",
          "stop" },
        { "deactivating", "stop-sigterm",
          "Type=notify\nExecStart=" ACTOR "notify=READY=1 notify=STOPPING=1 report=up\n", NULL },
        { "deactivating", "stop-post",
          "Type=notify\nExecStart=" ACTOR "notify=READY=1\nExecStopPost=" ACTOR "report=up\n",
          "stop" },
        { "deactivating", "final-sigterm",
          "Type=notify\nExecStart=" ACTOR "notify=READY=1\nExecStopPost=" ACTOR
          "block=TERM background await=TERM report=up\n",
          "stop" },
        { "activating", "auto-restart",
          "Restart=always\nRestartSec=1h\nExecStart=" ACTOR "report=up exit=0\n", NULL },
        { "failed", "failed", "ExecStart=" ACTOR "report=up exit=1\n", NULL },
};

static char *place_name(size_t i) {
        return g_strdup_printf("s%zu.service", i);
}

static void places_write(const Fixture *fixture) {
        for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
                g_autofree char *name = place_name(i);
                unit_write(fixture, name,
                           "[Unit]\nStartLimitIntervalSec=0\n[Service]\nTimeoutStopSec=1s\n%s",
                           places[i].lines);
        }
}

/* Returns: the client that has led it there, if it may still wait; 0: none. */
static pid_t place_reach(Fixture *fixture, size_t i) {
        g_autofree char *option = g_strdup_printf("--runtime-directory=%s", fixture->runtime);
        g_autofree char *name = place_name(i);
        pid_t client = 0;

        g_test_message("%s: %s", name, places[i].sub);
        unsigned int mark = events_mark(fixture);
        g_autofree char *event =
                g_strdup_printf("unit %s %s %s", name, places[i].state, places[i].sub);
        if (places[i].verb) {
                unit_start(fixture, name);
                client = process_start(fixture, "bellhopctl", option, places[i].verb, name, NULL);
        } else {
                unit_start_begin(fixture, name);
        }
        g_free(report_wait(fixture, "up", NULL));
        event_wait(fixture, mark, event);
        return client;
}

static void test_stop_anywhere(void) {
        _fixture_ Fixture *fixture = fixture_idle();

        places_write(fixture);
        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
                g_autofree char *name = place_name(i);
                pid_t client = place_reach(fixture, i);
                unit_stop(fixture, name);
                if (client > 0)
                        process_wait(client);
                unit_stop(fixture, name);
                property_expect(fixture, name, "MainPID", "0");
                property_expect(fixture, name, "ControlPID", "0");
        }
}

/* It is stopped, however far that has come, and started: it gets where it was. */
static void test_restart_anywhere(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        g_autofree char *option = g_strdup_printf("--runtime-directory=%s", fixture->runtime);

        places_write(fixture);
        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
                g_autofree char *name = place_name(i);
                pid_t client = place_reach(fixture, i), again;
                unsigned int mark = events_mark(fixture);
                g_autofree char *event = g_strdup_printf(
                        "unit %s %s %s", name, places[i].verb ? "active" : places[i].state,
                        places[i].verb ? "running" : places[i].sub);
                again = process_start(fixture, "bellhopctl", option, "restart", name, NULL);
                event_wait(fixture, mark, event);
                unit_stop(fixture, name);
                process_wait(again);
                if (client > 0)
                        process_wait(client);
                reports_forget(fixture);
        }
}

/* All of them at once, and the manager goes: nothing is left behind. */
static void test_shutdown_anywhere(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        GArray *clients = g_array_new(FALSE, FALSE, sizeof(pid_t));

        places_write(fixture);
        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
                pid_t client = place_reach(fixture, i);
                if (client > 0)
                        g_array_append_val(clients, client);
        }
        fixture_stop(fixture);
        for (guint i = 0; i < clients->len; i++)
                process_wait(g_array_index(clients, pid_t, i));
        g_array_unref(clients);
}

/* ---- who doesn't listen ---- */

/* Stopped processes can't take a signal: they are woken up, or killed. */
static void test_stopped_main(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        pid_t pid;

        service_write(fixture, "web.service",
                      "Type=notify\nExecStart=" ACTOR "notify=READY=1\nExecStopPost=" ACTOR
                      "env=SERVICE_RESULT env=EXIT_STATUS exit=0\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service");
        pid = unit_main_pid(fixture, "web.service");
        kill(pid, SIGSTOP);
        process_wait_state(pid, "T");
        unit_stop(fixture, "web.service");
        g_free(report_wait(fixture, "env SERVICE_RESULT=success", NULL));
        g_free(report_wait(fixture, "env EXIT_STATUS=TERM", NULL));
}

static const struct {
        const char *key;
        const char *verb; /* what leads there from running; NULL: its start */
} stopped[] = {
        { "ExecCondition", NULL },  { "ExecStartPre", NULL }, { "ExecStartPost", NULL },
        { "ExecReload", "reload" }, { "ExecStop", "stop" },   { "ExecStopPost", "stop" },
};

/* All of them at once: each takes its time. */
static void test_stopped_commands(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        g_autofree char *option = g_strdup_printf("--runtime-directory=%s", fixture->runtime);
        pid_t clients[ARRAY_SIZE(stopped)] = { 0 }, pids[ARRAY_SIZE(stopped)];

        for (size_t i = 0; i < ARRAY_SIZE(stopped); i++) {
                g_autofree char *name = g_strdup_printf("%s.service", stopped[i].key);
                unit_write(fixture, name,
                           "[Service]\nType=notify\nTimeoutSec=2s\n%s=" ACTOR
                           "report=command ignore=TERM raise=STOP\nExecStart=" ACTOR
                           "notify=READY=1\n",
                           stopped[i].key);
        }
        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(stopped); i++) {
                g_autofree char *name = g_strdup_printf("%s.service", stopped[i].key);
                if (!stopped[i].verb) {
                        unit_start_begin(fixture, name);
                        continue;
                }
                unit_start(fixture, name);
                clients[i] =
                        process_start(fixture, "bellhopctl", option, stopped[i].verb, name, NULL);
        }
        for (size_t i = 0; i < ARRAY_SIZE(stopped); i++)
                g_free(report_wait(fixture, "command", &pids[i]));
        for (size_t i = 0; i < ARRAY_SIZE(stopped); i++) {
                g_autofree char *name = g_strdup_printf("%s.service", stopped[i].key);
                if (!stopped[i].verb)
                        unit_wait(fixture, name, "failed", "failed");
                else
                        g_assert_cmpint(process_wait(clients[i]), ==,
                                        strcmp(stopped[i].verb, "reload") == 0);
                unit_stop(fixture, name);
                property_expect(fixture, name, "MainPID", "0");
        }
        for (size_t i = 0; i < ARRAY_SIZE(stopped); i++)
                g_assert_false(process_is_alive(pids[i]));
}

/* Nobody is signalled, and the stop is over at once. */
static void test_kill_mode_none(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        pid_t pid;

        service_write(fixture, "web.service",
                      "KillMode=none\nType=notify\nExecStart=" ACTOR
                      "notify=READY=1 report=up\nExecStop=" ACTOR "report=stop exit=0\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service");
        g_free(report_wait(fixture, "up", &pid));
        unit_stop(fixture, "web.service");
        g_free(report_wait(fixture, "stop", NULL));
        g_assert_true(process_is_alive(pid));
        kill(pid, SIGKILL);
        process_wait_gone(pid);
}

/* What a dead main process leaves behind gets the signals, too; and so does what ExecStopPost= has
 * left. */
static void test_left_behind(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        pid_t first, second;

        service_write(fixture, "web.service",
                      "Type=forking\nGuessMainPID=no\nTimeoutStopSec=2s\nExecStart=" ACTOR
                      "ignore=TERM background report=first\nExecStopPost=" ACTOR
                      "ignore=TERM background report=second\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service");
        g_free(report_wait(fixture, "first", &first));
        unit_stop(fixture, "web.service");
        g_free(report_wait(fixture, "second", &second));
        g_assert_false(process_is_alive(first));
        g_assert_false(process_is_alive(second));
        property_expect(fixture, "web.service", "Result", "timeout");
}

/* ---- who may speak ---- */

static const struct {
        const char *access;
        bool child_is_heard;
} accesses[] = {
        { "none", false }, /* Type=notify hears the main process all the same */
        { "main", false },
        { "exec", false },
        { "all", true },
};

static void test_notify_access(void) {
        _fixture_ Fixture *fixture = fixture_idle();

        for (size_t i = 0; i < ARRAY_SIZE(accesses); i++) {
                g_autofree char *name = g_strdup_printf("%s.service", accesses[i].access);
                unit_write(fixture, name,
                           "[Service]\nType=notify\nNotifyAccess=%s\nExecStart=" ACTOR
                           "child notify=READY=1 report=said\n",
                           accesses[i].access);
        }
        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(accesses); i++) {
                g_autofree char *name = g_strdup_printf("%s.service", accesses[i].access);
                unit_start_begin(fixture, name);
                g_free(report_wait(fixture, "said", NULL));
                unit_expect(fixture, name, accesses[i].child_is_heard ? "active" : "activating",
                            accesses[i].child_is_heard ? "running" : "start");
                unit_stop(fixture, name);
        }
}

/* A command is heard with "exec", and after its end no more. */
static void test_notify_exec(void) {
        _fixture_ Fixture *fixture = fixture_idle();

        service_write(fixture, "exec.service",
                      "NotifyAccess=exec\nExecStart=" ACTOR "\nExecStartPost=" ACTOR
                      "notify=STATUS=by-a-command report=said exit=0\n");
        service_write(fixture, "main.service",
                      "NotifyAccess=main\nExecStart=" ACTOR "\nExecStartPost=" ACTOR
                      "env=NOTIFY_SOCKET exit=0\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "exec.service", "main.service");
        g_free(report_wait(fixture, "said", NULL));
        g_free(report_wait(fixture, "env NOTIFY_SOCKET=(unset)", NULL));
        property_expect(fixture, "exec.service", "StatusText", "by-a-command");
}

/* A process of a service speaks for that one alone, and may name only its fellows. */
static void test_forged_main_pid(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        pid_t victim, child, main_pid;

        service_write(fixture, "victim.service",
                      "Type=notify\nExecStart=" ACTOR "notify=READY=1 report=victim\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "victim.service");
        g_free(report_wait(fixture, "victim", &victim));
        unit_write(fixture, "forger.service",
                   "[Service]\nType=notify\nNotifyAccess=all\nExecStart=" ACTOR
                   "child notify=MAINPID=%d+STATUS=victim notify=MAINPID=1 notify=MAINPID=%d "
                   "notify=MAINPID=%d notify=MAINPID=-1 notify=MAINPID=x+READY=1 report=forged "
                   "await=USR1 notify=MAINPID=#self report=moved\n",
                   (int)victim, (int)getpid(), (int)fixture->daemon);
        unit_start(fixture, "forger.service");
        g_free(report_wait(fixture, "forged", &child));
        main_pid = unit_main_pid(fixture, "forger.service");
        g_assert_cmpint(main_pid, !=, victim);
        g_assert_cmpint(main_pid, !=, child);
        property_expect(fixture, "victim.service", "StatusText", "");
        kill(child, SIGUSR1);
        g_free(report_wait(fixture, "moved", NULL));
        g_assert_cmpint(unit_main_pid(fixture, "forger.service"), ==, child);
        unit_stop(fixture, "forger.service");
        g_assert_true(process_is_alive(victim));
        g_assert_false(process_is_alive(main_pid));
}

/* What a service has left behind doesn't become its main process while it is between two starts. */
static void test_late_main_pid(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        pid_t child;

        service_write(fixture, "web.service",
                      "Type=notify\nNotifyAccess=all\nKillMode=process\nRestart=always\n"
                      "RestartSec=1h\nExecStart=" ACTOR
                      "child notify=READY=1 report=child await=USR1 notify=MAINPID=#self "
                      "report=said\n");
        fixture_start(fixture, NULL);
        unit_start(fixture, "web.service");
        g_free(report_wait(fixture, "child", &child));
        kill(unit_main_pid(fixture, "web.service"), SIGKILL);
        unit_wait(fixture, "web.service", "activating", "auto-restart");
        kill(child, SIGUSR1);
        g_free(report_wait(fixture, "said", NULL));
        property_expect(fixture, "web.service", "MainPID", "0");
        kill(child, SIGKILL);
        process_wait_gone(child);
}

static const char *const nonsense[] = {
        "",
        "+++",
        "=",
        "READY",
        "READY=",
        "READY=2",
        "READY=1x",
        "ready=1",
        " READY=1",
        "XREADY=1",
        "MAINPID=",
        "ERRNO=99999999999999999999",
        "ERRNO=-5",
        "EXTEND_TIMEOUT_USEC=",
        "EXTEND_TIMEOUT_USEC=garbage",
        "EXTEND_TIMEOUT_USEC=-1",
        "EXTEND_TIMEOUT_USEC=99999999999999999999999",
        "EXTEND_TIMEOUT_USEC=0",
        "WATCHDOG_USEC=-3",
        "WATCHDOG_USEC=18446744073709551615",
        "WATCHDOG=",
        "WATCHDOG=trigger", /* it isn't up yet */
        "RELOADING=1",
        "STOPPING=1",
        "FDSTORE=1+FDNAME=x",
};

/* None of it makes it ready, or lets it take longer. */
static void test_nonsense(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        g_autoptr(GString) steps = g_string_new(NULL);
        g_autofree char *error = NULL;

        for (size_t i = 0; i < ARRAY_SIZE(nonsense); i++)
                g_string_append_printf(steps, "\"notify=%s\" ", nonsense[i]);
        unit_write(fixture, "web.service",
                   "[Service]\nType=notify\nTimeoutStartSec=3s\nExecStart=" ACTOR "%sreport=said\n",
                   steps->str);
        fixture_start(fixture, NULL);
        g_assert_cmpint(bus_units_call(fixture, "Start", &error, "web.service", NULL), <, 0);
        g_assert_nonnull(strstr(error, "not ready within 3 s"));
        g_free(report_wait(fixture, "said", NULL));
        unit_wait(fixture, "web.service", "failed", "failed");
        property_expect(fixture, "web.service", "StatusErrno", "0");
}

/* It is still given time when another one, which began later, has had its own. */
static void test_extend(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        pid_t pid;

        service_write(fixture, "slow.service",
                      "Type=notify\nTimeoutStartSec=4s\nExecStart=" ACTOR
                      "notify=EXTEND_TIMEOUT_USEC=3600000000 notify=EXTEND_TIMEOUT_USEC=1 "
                      "report=slow await=USR1 notify=READY=1\n");
        service_write(fixture, "clock.service",
                      "Type=notify\nTimeoutStartSec=4s\nExecStart=" ACTOR "\n");
        fixture_start(fixture, NULL);
        unit_start_begin(fixture, "slow.service");
        g_free(report_wait(fixture, "slow", &pid));
        unit_start_begin(fixture, "clock.service");
        unit_wait(fixture, "clock.service", "failed", "failed");
        unit_expect(fixture, "slow.service", "activating", "start");
        kill(pid, SIGUSR1);
        unit_wait(fixture, "slow.service", "active", "running");
}

/* Whoever may send can send a lot: what it costs is his own turn. */
static void test_flood(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        g_autofree char *report = fixture_expand(fixture, "@dir@/report");
        g_autofree char *socket = g_strdup_printf("NOTIFY_SOCKET=%s/notify", fixture->runtime);
        g_autofree char *actor = g_build_filename(case_programs(), "actor", NULL);
        const char *argv[] = {
                "env", socket, actor, report, "report=flood", "flood=READY=1", NULL
        };
        pid_t pids[4];

        unit_write(fixture, "web.service",
                   NO_START_LIMIT "Type=notify\nExecStart=" ACTOR
                                  "notify=READY=1\nExecReload=/bin/true\n");
        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
                pids[i] =
                        process_start_as(fixture, geteuid() == 0 ? STRANGER_UID : geteuid(), argv);
        for (unsigned int i = 0; i < 10; i++) {
                unit_start(fixture, "web.service");
                g_assert_cmpint(ctl(fixture, NULL, "reload", "web", NULL), ==, 0);
                unit_stop(fixture, "web.service");
        }
        for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
                g_assert_true(process_is_alive(pids[i]));
                process_end(pids[i]);
        }
}

/* ---- a unit file that changes meanwhile ---- */

/* What waits for a signal when the file becomes one that has none of these lines. */
static const struct {
        const char *lines;
        const char *verb;         /* what leads there from running: "reload", "stop" */
        const char *active, *sub; /* what comes of it */
} changes[] = {
        { "ExecCondition=" WAITER "ExecCondition=/bin/true\nExecStart=" ACTOR "\n", NULL, "active",
          "exited" },
        { "ExecStartPre=" WAITER "ExecStartPre=/bin/true\nExecStart=" ACTOR "\n", NULL, "active",
          "exited" },
        { "Type=oneshot\nExecStart=" WAITER "ExecStart=/bin/true\n", NULL, "active", "exited" },
        { "ExecStart=" ACTOR "\nExecStartPost=" WAITER "ExecStartPost=/bin/true\n", NULL, "active",
          "running" },
        { "ExecStart=" ACTOR "\nExecReload=" WAITER "ExecReload=/bin/true\n", "reload", "active",
          "running" },
        { "ExecStart=" ACTOR "\nExecStopPost=" WAITER "ExecStopPost=/bin/true\n", "stop",
          "inactive", "dead" },
        { "Type=forking\nPIDFile=@dir@/pid\nExecStart=" ACTOR "background report=up await=USR1 "
          "write=@dir@/pid:none await=USR2\n",
          NULL, "failed", "failed" },
};

/* The command that runs was the last of its list, then. */
static void test_reload_meanwhile(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        g_autofree char *option = g_strdup_printf("--runtime-directory=%s", fixture->runtime);

        fixture_start(fixture, NULL);
        for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
                g_autofree char *name = place_name(i);
                pid_t pid, client = 0;
                service_write(fixture, name, changes[i].lines);
                if (changes[i].verb) {
                        unit_start(fixture, name);
                        client = process_start(fixture, "bellhopctl", option, changes[i].verb, name,
                                               NULL);
                } else {
                        unit_start_begin(fixture, name);
                }
                g_free(report_wait(fixture, "up", &pid));
                service_write(fixture, name,
                              "Type=oneshot\nRemainAfterExit=yes\nExecStop=/bin/true\n");
                bus_reload(fixture, NULL);
                kill(pid, SIGUSR1);
                unit_wait(fixture, name, changes[i].active, changes[i].sub);
                if (client > 0)
                        process_wait(client);
        }
}

/* The same, of a child that hangs before its exec, which then fails. */
static void test_reload_before_exec(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        g_autofree char *fifo = fixture_expand(fixture, "@dir@/fifo");

        g_free(file_write(fixture, "program", "no program\n"));
        g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
        service_write(fixture, "web.service",
                      "Type=exec\nStandardOutput=append:@dir@/fifo\nExecStart=@dir@/program\n");
        fixture_start(fixture, NULL);
        unit_start_begin(fixture, "web.service");
        unit_wait(fixture, "web.service", "activating", "start");
        service_write(fixture, "web.service",
                      "Type=oneshot\nRemainAfterExit=yes\nExecStop=/bin/true\n");
        bus_reload(fixture, NULL);
        _cleanup_fd_ int fd = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        g_assert_cmpint(fd, >=, 0);
        unit_wait(fixture, "web.service", "failed", "failed");
}

/* Nobody is signalled, so it is down at once, while what it waited for is still being looked at. */
static void test_down_at_once(void) {
        _fixture_ Fixture *fixture = fixture_idle();
        pid_t pid;

        pair_write(fixture, "claim", "ListenStream=@dir@/claim", "claim.socket",
                   "Type=claim\nKillMode=none\nExecStartPost=no-such-program");
        service_write(fixture, "exec.service",
                      "Type=exec\nKillMode=none\nExecStart=/bin/true\n"
                      "ExecStartPost=no-such-program\n");
        fixture_start(fixture, NULL);
        unit_start_begin(fixture, "claim.service");
        g_free(report_wait(fixture, "claimed claim.socket *", &pid));
        unit_wait(fixture, "claim.service", "failed", "failed");
        property_expect(fixture, "claim.service", "MainPID", "0");
        kill(pid, SIGKILL);
        process_wait_gone(pid);
        unit_start_begin(fixture, "exec.service");
        unit_wait(fixture, "exec.service", "failed", "failed");
        property_expect(fixture, "exec.service", "Result", "resources");
}

static const TestCase cases[] = {
        { "stop in every state", test_stop_anywhere, AS_BOTH, 0 },
        { "restart in every state", test_restart_anywhere, AS_BOTH, 0 },
        { "shutdown in every state", test_shutdown_anywhere, AS_BOTH, 0 },
        { "a stopped main process", test_stopped_main, AS_BOTH, 0 },
        { "stopped commands", test_stopped_commands, AS_BOTH, 0 },
        { "KillMode=none", test_kill_mode_none, AS_BOTH, 0 },
        { "what is left behind", test_left_behind, AS_BOTH, 0 },
        { "NotifyAccess", test_notify_access, AS_BOTH, 0 },
        { "NotifyAccess=exec", test_notify_exec, AS_BOTH, 0 },
        { "a forged MAINPID", test_forged_main_pid, AS_BOTH, 0 },
        { "a late MAINPID", test_late_main_pid, AS_BOTH, 0 },
        { "notifications without sense", test_nonsense, AS_BOTH, 0 },
        { "EXTEND_TIMEOUT_USEC", test_extend, AS_BOTH, 0 },
        { "a reload in between", test_reload_meanwhile, AS_BOTH, 0 },
        { "a reload before exec", test_reload_before_exec, AS_BOTH, 0 },
        { "down at once", test_down_at_once, AS_BOTH, 0 },
        { "a flood of notifications", test_flood, AS_BOTH, 0 },
};

int main(int argc, char **argv) {
        return run_cases(cases, ARRAY_SIZE(cases), argc, argv);
}
