/* SPDX-License-Identifier: MIT */
/* The daemon's log. */
#include "log.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <systemd/sd-journal.h>

#include "clock.h"

/* A line never is longer: a pipe that polls as writable takes this much without blocking. */
#define LOG_LINE_MAX 4096

typedef struct LogEntry {
        char *unit; /* NULL: about the manager */
        char *text;
        uint64_t time_usec;
        int level;
} LogEntry;

static struct Log {
        int level;
        bool journal, colours;
        uint64_t lost; /* lines that stderr had no room for */
        LogEntry ring[LOG_RING_SIZE];
        size_t next; /* where the next one goes; all before it are older */
} log_state = { .level = LOG_INFO };

static const char *const level_names[] = {
        [LOG_EMERG] = "emerg", [LOG_ALERT] = "alert",     [LOG_CRIT] = "crit",
        [LOG_ERR] = "err",     [LOG_WARNING] = "warning", [LOG_NOTICE] = "notice",
        [LOG_INFO] = "info",   [LOG_DEBUG] = "debug",
};

static const char *const level_colours[] = {
        [LOG_EMERG] = "\033[1;31m",
        [LOG_ALERT] = "\033[1;31m",
        [LOG_CRIT] = "\033[1;31m",
        [LOG_ERR] = "\033[1;31m",
        [LOG_WARNING] = "\033[33m",
        [LOG_NOTICE] = "\033[1m",
        [LOG_INFO] = "",
        [LOG_DEBUG] = "\033[2m",
};

int log_level_from_string(const char *string) {
        for (size_t i = 0; i < ARRAY_SIZE(level_names); i++)
                if (g_str_equal(string, level_names[i]))
                        return (int)i;
        if (g_str_equal(string, "error"))
                return LOG_ERR;
        if (string[0] >= '0' && string[0] <= '7' && !string[1])
                return string[0] - '0';
        return -EINVAL;
}

/* systemd.exec(5): the journal's stream is named by device and inode. */
static bool stderr_is_journal(void) {
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long device, inode;
        struct stat st;
        return stream && sscanf(stream, "%lu:%lu", &device, &inode) == 2 &&
               fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void log_open(int level) {
        log_state.level = level;
        log_state.journal = stderr_is_journal();
        log_state.colours = !log_state.journal && isatty(STDERR_FILENO) && !getenv("NO_COLOR");
}

static void entry_clear(LogEntry *entry) {
        g_clear_pointer(&entry->unit, g_free);
        g_clear_pointer(&entry->text, g_free);
}

void log_close(void) {
        for (size_t i = 0; i < LOG_RING_SIZE; i++)
                entry_clear(&log_state.ring[i]);
        log_state.next = 0;
}

/* Text comes from unit files and services too: it may not move a terminal's cursor. */
static void make_printable(char *text) {
        for (unsigned char *c = (unsigned char *)text; *c; c++)
                if (*c < ' ' || *c == 0x7f)
                        *c = '?';
}

static bool stderr_has_room(void) {
        struct pollfd poll_fd = { .fd = STDERR_FILENO, .events = POLLOUT };
        return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & POLLOUT);
}

/* Nobody who reads stderr slowly may hold the manager up: what doesn't fit is dropped, and counted.
 */
static void write_stderr(int level, const char *unit, const char *text) {
        char line[LOG_LINE_MAX], lost[64] = "";
        if (!stderr_has_room()) {
                log_state.lost++;
                return;
        }
        if (log_state.lost)
                snprintf(lost, sizeof(lost), "(%" G_GUINT64_FORMAT " lines were lost)\n",
                         log_state.lost);
        const char *colour = log_state.colours ? level_colours[level] : "";
        int n = snprintf(line, sizeof(line), "%s%s%s%s%s%s", lost, colour, unit ?: "",
                         unit ? ": " : "", text, *colour ? "\033[0m" : "");
        size_t length = MIN((size_t)n, sizeof(line) - 1);
        line[length++] = '\n';
        if (write(STDERR_FILENO, line, length) < 0)
                log_state.lost++;
        else
                log_state.lost = 0;
}

static void write_journal(int level, const char *unit, const char *text) {
        if (unit)
                sd_journal_send("PRIORITY=%i", level, "MESSAGE=%s: %s", unit, text,
                                "BELLHOP_UNIT=%s", unit, "SYSLOG_IDENTIFIER=bellhopd", NULL);
        else
                sd_journal_send("PRIORITY=%i", level, "MESSAGE=%s", text,
                                "SYSLOG_IDENTIFIER=bellhopd", NULL);
}

void log_message(int level, const char *unit, const char *format, ...) {
        if (level > log_state.level)
                return;
        int saved_errno = errno;
        va_list arguments;
        va_start(arguments, format);
        char *text = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        make_printable(text);

        LogEntry *entry = &log_state.ring[log_state.next];
        log_state.next = (log_state.next + 1) % LOG_RING_SIZE;
        entry_clear(entry);
        *entry = (LogEntry){
                .unit = g_strdup(unit),
                .text = text,
                .time_usec = clock_usec(CLOCK_REALTIME),
                .level = level,
        };
        if (log_state.journal)
                write_journal(level, unit, text);
        else
                write_stderr(level, unit, text);
        errno = saved_errno;
}

static char *entry_to_string(const LogEntry *entry) {
        g_autoptr(GDateTime) seconds =
                g_date_time_new_from_unix_local((gint64)(entry->time_usec / G_USEC_PER_SEC));
        g_autoptr(GDateTime) time =
                g_date_time_add(seconds, (GTimeSpan)(entry->time_usec % G_USEC_PER_SEC));
        g_autofree char *when = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S.%f%z");
        return g_strdup_printf("%s %s: %s", when, level_names[entry->level], entry->text);
}

GStrv log_tail(const char *unit, guint max_lines) {
        g_autoptr(GPtrArray) lines = g_ptr_array_new();
        for (size_t i = 1; i <= LOG_RING_SIZE && lines->len < max_lines; i++) {
                size_t at = (log_state.next + LOG_RING_SIZE - i) % LOG_RING_SIZE;
                const LogEntry *entry = &log_state.ring[at];
                if (entry->text && g_strcmp0(entry->unit, unit) == 0)
                        g_ptr_array_add(lines, entry_to_string(entry));
        }
        for (guint i = 0; i < lines->len / 2; i++) {
                gpointer other = lines->pdata[i];
                lines->pdata[i] = lines->pdata[lines->len - 1 - i];
                lines->pdata[lines->len - 1 - i] = other;
        }
        g_ptr_array_add(lines, NULL);
        return (GStrv)g_ptr_array_free(g_steal_pointer(&lines), FALSE);
}
