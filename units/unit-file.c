/* SPDX-License-Identifier: MIT */
/* Unit file syntax: logical lines, fed to libinih. */
#include "unit-file.h"

#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fd.h"
#include "unit-load.h"

/* What inih is fed of a name: it keeps 49 bytes of a section's. Ours are never as long. */
#define FEED_NAME_MAX 48

typedef struct Reader {
        const char *file;
        Diagnostics *diagnostics;
        UnitFileHandler handler;
        void *userdata;
        char *next, *end;
        char *newline;              /* the next one, or the end */
        unsigned int physical_line; /* the last one read */
        unsigned int line;          /* where the logical line began */
        unsigned int failures;
        bool ignore;         /* the section */
        const char *section; /* these point into the data */
        const char *key;
        char *value;
} Reader;

static void reader_fail(Reader *reader, unsigned int line, const char *text) {
        reader->failures++;
        diagnostics_add(reader->diagnostics, DIAGNOSTIC_ERROR, reader->file, line, NULL, "%s",
                        text);
}

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* Where the line from begin on ends: at a newline, a carriage return, or both. *ret_next is where
 * the next one begins. */
static char *line_end(Reader *reader, char *begin, char **ret_next) {
        char *end;

        if (reader->newline < begin || !reader->newline) {
                reader->newline = memchr(begin, '\n', (size_t)(reader->end - begin));
                if (!reader->newline)
                        reader->newline = reader->end;
        }
        end = memchr(begin, '\r', (size_t)(reader->newline - begin));
        if (!end || end + 1 == reader->newline) {
                *ret_next = reader->newline + 1;
                return end ? end : reader->newline;
        }
        *ret_next = end + 1;
        return end;
}

/* The next line of the file without its end; *ret_end is where it ended, and may be written to. */
static char *physical_line(Reader *reader, char **ret_end) {
        char *begin = reader->next;

        if (begin >= reader->end)
                return NULL;
        *ret_end = line_end(reader, begin, &reader->next);
        reader->physical_line++;
        return begin;
}

/* An odd number of backslashes at the end: the last one continues the line. */
static bool line_is_continued(const char *begin, const char *end) {
        const char *p = end;

        while (p > begin && p[-1] == '\\')
                p--;
        return (end - p) % 2 == 1;
}

/* Joins continued lines where they stand; comments between them are left out, each joint is a
 * space. Returns: the line with its NUL and no blanks around it, or NULL at the end. */
static char *logical_line(Reader *reader) {
        char *begin, *end, *start = NULL, *out = NULL;
        bool continued = true;

        while (continued && (begin = physical_line(reader, &end))) {
                char *first = begin;

                while (first < end && is_blank(*first))
                        first++;
                if (first < end && (*first == '#' || *first == ';'))
                        continue;
                if (!start) {
                        if (first == end)
                                continue;
                        start = out = begin = first;
                        reader->line = reader->physical_line;
                }
                continued = line_is_continued(begin, end);
                memmove(out, begin, (size_t)(end - begin));
                out += end - begin;
                if (continued)
                        out[-1] = ' ';
        }
        if (!start)
                return NULL;
        if (out - start > UNIT_LINE_SIZE_MAX) {
                reader_fail(reader, reader->line, "the line is longer than 64 KiB");
                out = start;
        }
        while (out > start && is_blank(out[-1]))
                out--;
        *out = '\0';
        return start;
}

/* "[" and "]" around a name. Returns: whether there is something to feed. */
static bool take_section(Reader *reader, char *line) {
        size_t length = strlen(line);

        if (length < 2 || line[length - 1] != ']') {
                reader_fail(reader, reader->line, "a section is written [Name]");
                reader->section = NULL;
                reader->ignore = true;
                return false;
        }
        line[length - 1] = '\0';
        reader->section = line + 1;
        reader->key = NULL;
        reader->ignore =
                !reader->handler(reader->userdata, reader->section, NULL, NULL, reader->line);
        return !reader->ignore;
}

static bool take_assignment(Reader *reader, char *line) {
        char *equals = strchr(line, '='), *end = equals;

        if (!equals || equals == line) {
                reader_fail(reader, reader->line,
                            equals ? "there is no key before the '='"
                                   : "there is no '=' in this line");
                return false;
        }
        if (!reader->section) {
                reader_fail(reader, reader->line, "this stands before any [Section]");
                return false;
        }
        while (end > line && is_blank(end[-1]))
                end--;
        *end = '\0';
        reader->key = line;
        reader->value = equals + 1;
        while (is_blank(*reader->value))
                reader->value++;
        return true;
}

/* A line for inih, with as much of the name as it keeps. What would mean something to it is
 * replaced: the handler gets the real names from us. */
static void feed(char *string, const char *open, const char *name, const char *close) {
        char *out = stpcpy(string, open);

        for (size_t i = 0; i < FEED_NAME_MAX && name[i]; i++)
                *out++ = g_ascii_isalnum(name[i]) ? name[i] : '-';
        out = stpcpy(out, close);
        stpcpy(out, "\n");
}

/* fgets(3)'s place in inih. */
static char *reader_next(char *string, int size, void *stream) {
        Reader *reader = stream;
        char *line;

        g_assert((size_t)size >= FEED_NAME_MAX + sizeof("[]\n"));
        while ((line = logical_line(reader))) {
                if (!line[0])
                        continue;
                if (line[0] == '[') {
                        if (!take_section(reader, line))
                                continue;
                        feed(string, "[", reader->section, "]");
                        return string;
                }
                if (!reader->ignore && take_assignment(reader, line)) {
                        feed(string, "", reader->key, "=");
                        return string;
                }
        }
        return NULL;
}

static int reader_assignment(void *userdata, const char *section, const char *name,
                             const char *value) {
        Reader *reader = userdata;

        /* Some builds of inih also report a section; that was done when it was read. */
        if (name && reader->key)
                (void)reader->handler(reader->userdata, reader->section, reader->key, reader->value,
                                      reader->line);
        return 1;
}

static unsigned int line_of(const char *data, const char *position) {
        unsigned int line = 1;

        for (const char *p = data; (p = memchr(p, '\n', (size_t)(position - p))); p++)
                line++;
        return line;
}

/* Text only. */
static bool check_text(Reader *reader, const char *data, size_t length) {
        const char *nul = memchr(data, '\0', length), *bad;

        if (nul) {
                reader_fail(reader, line_of(data, nul), "there is a NUL byte: this is not text");
                return false;
        }
        if (!g_utf8_validate(data, (gssize)length, &bad)) {
                reader_fail(reader, line_of(data, bad), "this is not valid UTF-8");
                return false;
        }
        return true;
}

int unit_file_parse_data(const char *file, char *data, size_t length, Diagnostics *diagnostics,
                         UnitFileHandler handler, void *userdata) {
        Reader reader = {
                .file = file,
                .diagnostics = diagnostics,
                .handler = handler,
                .userdata = userdata,
                .next = data,
                .end = data + length,
        };

        if (!check_text(&reader, data, length))
                return -EBADMSG;
        if (length >= 3 && !memcmp(data, "\xef\xbb\xbf", 3))
                reader.next += 3;
        if (ini_parse_stream(reader_next, &reader, reader_assignment, &reader) != 0)
                reader_fail(&reader, 0,
                            "the parser ran out of memory or into a line it can't take");
        return reader.failures > 0 ? -EBADMSG : 0;
}

static bool stat_is_mask(const struct stat *st) {
        return (S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3)) ||
               (S_ISREG(st->st_mode) && st->st_size == 0);
}

bool unit_file_is_masked(int folder_fd, const char *name) {
        struct stat st;

        return fstatat(folder_fd, name, &st, 0) == 0 && stat_is_mask(&st);
}

static int fail(Diagnostics *diagnostics, const char *file, const char *what, int error) {
        diagnostics_add(diagnostics, DIAGNOSTIC_ERROR, file, 0, NULL, "%s%s%s", what,
                        error ? ": " : "", error ? g_strerror(error) : "");
        return -EBADMSG;
}

static const char *kind_of_file(mode_t mode) {
        switch (mode & S_IFMT) {
        case S_IFDIR:
                return "this is a directory, not a unit file";
        case S_IFIFO:
                return "this is a FIFO, not a unit file";
        case S_IFSOCK:
                return "this is a socket, not a unit file";
        case S_IFCHR:
        case S_IFBLK:
                return "this is a device, not a unit file";
        }
        return "this is not a regular file";
}

/* Whether a file is one that can be read. Returns: 0; -ENOENT or -EBADMSG as unit_file_read(). */
static int check_regular(const char *file, Diagnostics *diagnostics, const struct stat *st) {
        if (stat_is_mask(st)) {
                diagnostics_add(diagnostics, DIAGNOSTIC_WARNING, file, 0, NULL,
                                "the unit is masked");
                return -ENOENT;
        }
        return S_ISREG(st->st_mode) ? 0 : fail(diagnostics, file, kind_of_file(st->st_mode), 0);
}

/* Nothing there isn't a fault, a link to nothing is. */
static int fail_open(Diagnostics *diagnostics, const char *file, int error) {
        struct stat link;

        return error == ENOENT && lstat(file, &link) < 0
                       ? -ENOENT
                       : fail(diagnostics, file, "can't be read", error);
}

/* A device may act on being opened and a FIFO let a writer go on, so they aren't opened; what is
 * put in the place of a file that was regular is, without waiting. */
static int open_regular(const char *file, bool is_regular, Diagnostics *diagnostics,
                        struct stat *ret_st) {
        _cleanup_fd_ int fd = -EBADF;
        int r;

        if (!is_regular) {
                if (stat(file, ret_st) < 0)
                        return fail_open(diagnostics, file, errno);
                r = check_regular(file, diagnostics, ret_st);
                if (r < 0)
                        return r;
        }
        fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0 || fstat(fd, ret_st) < 0)
                return fail_open(diagnostics, file, errno);
        r = check_regular(file, diagnostics, ret_st);
        return r < 0 ? r : TAKE_FD(fd);
}

/* Reads to the end, however long the file said it was, but no more than a byte beyond what is
 * allowed. What ends where the file said needn't be asked again. Returns: the length, or -errno. */
static ssize_t read_whole(int fd, size_t expected, char **ret) {
        size_t length = 0, size = expected + 1; /* the byte more is for the end to be seen */
        g_autofree char *data = g_malloc(size);

        for (;;) {
                ssize_t n = read(fd, data + length, size - length);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                length += (size_t)n;
                if (n == 0 || length == expected || length > UNIT_FILE_SIZE_MAX)
                        break;
                if (length == size) {
                        size = MIN(2 * size, UNIT_FILE_SIZE_MAX + 1);
                        data = g_realloc(data, size);
                }
        }
        *ret = g_steal_pointer(&data);
        return (ssize_t)length;
}

static int fail_large(Diagnostics *diagnostics, const char *file) {
        return fail(diagnostics, file, "the file is larger than 1 MiB", 0);
}

int unit_file_read(const char *file, bool is_regular, Diagnostics *diagnostics, char **ret_data,
                   size_t *ret_length) {
        g_autofree char *data = NULL;
        _cleanup_fd_ int fd = -EBADF;
        struct stat st;
        ssize_t length;

        fd = open_regular(file, is_regular, diagnostics, &st);
        if (fd < 0)
                return fd;
        if (st.st_size > UNIT_FILE_SIZE_MAX)
                return fail_large(diagnostics, file);
        length = read_whole(fd, (size_t)st.st_size, &data);
        if (length < 0)
                return fail(diagnostics, file, "can't be read", (int)-length);
        if (length > UNIT_FILE_SIZE_MAX) /* it has grown meanwhile */
                return fail_large(diagnostics, file);
        *ret_data = g_steal_pointer(&data);
        *ret_length = (size_t)length;
        return 0;
}

int unit_file_parse(const char *file, bool is_regular, Diagnostics *diagnostics,
                    UnitFileHandler handler, void *userdata) {
        g_autofree char *data = NULL;
        size_t length;
        int r;

        r = unit_file_read(file, is_regular, diagnostics, &data, &length);
        if (r < 0)
                return r;
        return unit_file_parse_data(file, data, length, diagnostics, handler, userdata);
}
