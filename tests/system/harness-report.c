/* SPDX-License-Identifier: MIT */
/* What the test programs report: lines "PID TEXT". See harness.h. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

static void report_split(Fixture *fixture) {
        char *end;

        while ((end = strchr(fixture->report_rest->str, '\n'))) {
                gssize length = end - fixture->report_rest->str;
                g_ptr_array_add(fixture->reports,
                                g_strndup(fixture->report_rest->str, (gsize)length));
                g_string_erase(fixture->report_rest, 0, length + 1);
        }
}

/* Returns: false when none came in time. */
static bool report_receive(Fixture *fixture, int timeout_ms) {
        struct pollfd poll_fd = { .fd = fixture->report_fd, .events = POLLIN };
        char text[4096];

        if (timeout_ms != 0 && poll(&poll_fd, 1, timeout_ms) <= 0)
                return false;
        ssize_t length = read(fixture->report_fd, text, sizeof(text));
        if (length <= 0)
                return false;
        g_string_append_len(fixture->report_rest, text, length);
        report_split(fixture);
        return true;
}

static void reports_drain(Fixture *fixture) {
        while (report_receive(fixture, 0))
                ;
}

static const char *report_text(const char *report) {
        const char *space = strchr(report, ' ');

        return space ? space + 1 : report;
}

/* Returns: its index, or -1. */
static int report_find(const Fixture *fixture, const char *pattern) {
        for (guint i = 0; i < fixture->reports->len; i++) {
                if (g_pattern_match_simple(pattern, report_text(fixture->reports->pdata[i])))
                        return (int)i;
        }
        return -1;
}

static void reports_print(const Fixture *fixture) {
        for (guint i = 0; i < fixture->reports->len; i++)
                fprintf(stderr, "report: %s\n", (char *)fixture->reports->pdata[i]);
}

char *report_wait(Fixture *fixture, const char *pattern, pid_t *ret_pid) {
        int64_t deadline = g_get_monotonic_time() + (int64_t)limit_ms(EVENT_LIMIT) * 1000;
        int index;

        while ((index = report_find(fixture, pattern)) < 0) {
                int64_t left = (deadline - g_get_monotonic_time()) / 1000;
                if (left > 0 && report_receive(fixture, (int)left))
                        continue;
                reports_print(fixture);
                g_error("no report \"%s\"", pattern);
        }
        g_autofree char *report = g_ptr_array_steal_index(fixture->reports, (guint)index);
        if (ret_pid)
                *ret_pid = (pid_t)atoi(report);
        return g_strdup(report_text(report));
}

bool report_seen(Fixture *fixture, const char *pattern) {
        reports_drain(fixture);
        int index = report_find(fixture, pattern);
        if (index >= 0)
                g_ptr_array_remove_index(fixture->reports, (guint)index);
        return index >= 0;
}

unsigned int report_count(Fixture *fixture, const char *pattern) {
        unsigned int count = 0;

        reports_drain(fixture);
        for (guint i = 0; i < fixture->reports->len; i++)
                count += g_pattern_match_simple(pattern, report_text(fixture->reports->pdata[i]));
        return count;
}

void reports_forget(Fixture *fixture) {
        reports_drain(fixture);
        g_ptr_array_set_size(fixture->reports, 0);
}

uint64_t report_number(const char *text, const char *key) {
        g_autofree char *search = g_strdup_printf(" %s=", key);
        const char *at = strstr(text, search);

        if (!at)
                g_error("no %s= in \"%s\"", key, text);
        return g_ascii_strtoull(at + strlen(search), NULL, 0);
}
