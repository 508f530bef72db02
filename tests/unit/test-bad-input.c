/* SPDX-License-Identifier: MIT */
/* Unit files that are none: what is said of each, that it costs nothing, and that the units beside
 * it load. */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "fd.h"
#include "unit-dropin.h"
#include "unit-folder.h"

#define SERVICE_TEXT "[Service]\nExecStart=/bin/x\n"
#define NOBODY       65534

static void put_bytes(const UnitFolder *folder, const char *name, const char *data, size_t size) {
        g_autofree char *file = unit_folder_place(folder, name);

        g_assert_true(g_file_set_contents(file, data, (gssize)size, NULL));
}

static char *to_string(const UnitFolder *folder, const Diagnostic *diagnostic) {
        g_autofree char *string = diagnostic_to_string(diagnostic);

        /* From the folder on. */
        g_assert_true(g_str_has_prefix(string, folder->top));
        return g_strdup(string + strlen(folder->top) + 1);
}

/* One unit is bad and says just this; the one beside it isn't touched by that. */
static void assert_says(const UnitFolder *folder, const char *name, const char *wanted) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        g_autofree char *said = NULL;
        UnitSettings *settings = NULL;

        unit_folder_put(folder, "lib/good.service", SERVICE_TEXT);
        unit_path_refresh(folder->path);
        g_assert_cmpint(unit_load(folder->path, name, diagnostics, &settings), ==, -EBADMSG);
        g_assert_null(settings);
        g_assert_cmpuint(diagnostics->errors, ==, 1);
        said = to_string(folder, diagnostics->list->pdata[0]);
        g_assert_cmpstr(said, ==, wanted);
        settings_unref(unit_folder_load(folder, "good.service"));
}

/* ---- what is in the file ---- */

static void test_binary(void) {
        static const char program[] = "\x7f"
                                      "ELF\2\1\1\0\0\n\0\n";
        static const char later[] = "[Service]\n\nExecStart=/bin/x\0y\n";
        UnitFolder folder;

        unit_folder_init(&folder);
        put_bytes(&folder, "lib/elf.service", program, sizeof(program));
        assert_says(&folder, "elf.service",
                    "lib/elf.service:1: error: there is a NUL byte: this is not text");
        put_bytes(&folder, "lib/later.service", later, sizeof(later) - 1);
        assert_says(&folder, "later.service",
                    "lib/later.service:3: error: there is a NUL byte: this is not text");
        unit_folder_done(&folder);
}

static void test_utf8(void) {
        static const char *const bad[] = {
                "\xff",         /* no such byte */
                "\xc0\xaf",     /* longer than need be */
                "\xed\xa0\x80", /* a surrogate */
                "\xe4",         /* Latin-1 */
        };
        UnitFolder folder;

        unit_folder_init(&folder);
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                g_autofree char *text = g_strdup_printf("[Unit]\nDescription=%s\n", bad[i]);

                unit_folder_put(&folder, "lib/a.target", text);
                assert_says(&folder, "a.target", "lib/a.target:2: error: this is not valid UTF-8");
        }
        unit_folder_done(&folder);
}

static void test_long_lines(void) {
        g_autofree char *filling = g_strnfill(UNIT_FILE_SIZE_MAX - 32, 'x');
        g_autofree char *text = g_strdup_printf("[Unit]\nDescription=%s\n", filling);
        g_autofree char *twice = g_strconcat(text, text, NULL);
        UnitFolder folder;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/a.target", text);
        assert_says(&folder, "a.target", "lib/a.target:2: error: the line is longer than 64 KiB");
        unit_folder_put(&folder, "lib/b.target", twice);
        assert_says(&folder, "b.target", "lib/b.target:1: error: the file is larger than 1 MiB");
        unit_folder_done(&folder);
}

/* ---- what is no file ---- */

static void make_socket(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        _cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        g_assert_cmpuint(g_strlcpy(address.sun_path, path, sizeof(address.sun_path)), <,
                         sizeof(address.sun_path));
        g_assert_true(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
}

static void test_not_files(void) {
        UnitFolder folder;
        g_autofree char *dir = NULL, *sock = NULL;

        unit_folder_init(&folder);
        dir = unit_folder_place(&folder, "lib/dir.service");
        g_assert_cmpint(mkdir(dir, 0755), ==, 0);
        sock = unit_folder_place(&folder, "lib/sock.service");
        make_socket(sock);
        unit_folder_link(&folder, "lib/zero.service", "/dev/zero");
        unit_folder_link(&folder, "lib/tty.service", "/dev/ptmx");
        unit_folder_link(&folder, "lib/loop.service", "loop.service");
        unit_folder_link(&folder, "lib/nowhere.service", "nowhere");
        assert_says(&folder, "dir.service",
                    "lib/dir.service:1: error: this is a directory, not a unit file");
        assert_says(&folder, "sock.service",
                    "lib/sock.service:1: error: this is a socket, not a unit file");
        assert_says(&folder, "zero.service",
                    "lib/zero.service:1: error: this is a device, not a unit file");
        assert_says(&folder, "tty.service",
                    "lib/tty.service:1: error: this is a device, not a unit file");
        assert_says(&folder, "loop.service",
                    "lib/loop.service:1: error: can't be read: Too many "
                    "levels of symbolic links");
        assert_says(&folder, "nowhere.service",
                    "lib/nowhere.service:1: error: can't be read: No "
                    "such file or directory");
        unit_folder_done(&folder);
}

/* It is not waited for a writer, and what one has written isn't taken away. */
static void test_fifo(void) {
        UnitFolder folder;
        g_autofree char *fifo = NULL;
        int waiting = 0, fd;

        unit_folder_init(&folder);
        fifo = unit_folder_place(&folder, "lib/fifo.service");
        g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
        assert_says(&folder, "fifo.service",
                    "lib/fifo.service:1: error: this is a FIFO, not a unit file");
        fd = open(fifo, O_RDWR | O_CLOEXEC | O_NONBLOCK);
        g_assert_cmpint(write(fd, SERVICE_TEXT, strlen(SERVICE_TEXT)), ==, strlen(SERVICE_TEXT));
        assert_says(&folder, "fifo.service",
                    "lib/fifo.service:1: error: this is a FIFO, not a unit file");
        g_assert_cmpint(ioctl(fd, FIONREAD, &waiting), ==, 0);
        g_assert_cmpint(waiting, ==, strlen(SERVICE_TEXT));
        close(fd);
        unit_folder_done(&folder);
}

/* ---- what is too much ---- */

/* The bytes that this process has read so far, or 0 where the kernel doesn't count. */
static guint64 bytes_read(void) {
        g_autofree char *text = NULL;

        if (!g_file_get_contents("/proc/self/io", &text, NULL, NULL))
                return 0;
        return g_ascii_strtoull(strstr(text, "rchar:") + strlen("rchar:"), NULL, 10);
}

static void test_large(void) {
        guint64 before = bytes_read();
        UnitFolder folder;
        g_autofree char *file = NULL;
        int fd;

        unit_folder_init(&folder);
        file = unit_folder_place(&folder, "lib/large.service");
        fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        g_assert_cmpint(ftruncate(fd, (off_t)1 << 30), ==, 0);
        close(fd);
        assert_says(&folder, "large.service",
                    "lib/large.service:1: error: the file is larger than 1 MiB");
        g_assert_cmpuint(bytes_read() - before, <=, 2 * UNIT_FILE_SIZE_MAX);
        unit_folder_done(&folder);
}

/* ---- files that grow ---- */

/* What is added to the next file right after somebody asked for its length; NULL: nothing. */
static const char *growth;

/* Instead of the C library's. */
int fstat(int fd, struct stat *ret) {
        int r = fstatat(fd, "", ret, AT_EMPTY_PATH);

        if (r == 0 && growth && S_ISREG(ret->st_mode)) {
                g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
                _cleanup_fd_ int own = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
                size_t length = strlen(growth);

                g_assert_cmpint(write(own, growth, length), ==, length);
                growth = NULL;
        }
        return r;
}

/* Nothing is cut off; what was allowed when it was opened isn't when it is read. */
static void test_growing(void) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        _cleanup_(settings_unref_cleanup) UnitSettings *settings = NULL;
        g_autofree char *fill = g_strnfill(UNIT_FILE_SIZE_MAX, '#'), *said = NULL;
        UnitFolder folder;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/a.service", SERVICE_TEXT);
        growth = "Nice=5\n[Unit]\nDescription=the end of a file that was longer than it said\n";
        settings = unit_folder_load(&folder, "a.service");
        g_assert_null(growth);
        g_assert_cmpstr(settings->description, ==,
                        "the end of a file that was longer than it said");
        unit_folder_put(&folder, "lib/b.service", SERVICE_TEXT);
        growth = fill;
        g_assert_cmpint(unit_load(folder.path, "b.service", diagnostics, NULL), ==, -EBADMSG);
        g_assert_null(growth);
        said = to_string(&folder, diagnostics->list->pdata[0]);
        g_assert_cmpstr(said, ==, "lib/b.service:1: error: the file is larger than 1 MiB");
        unit_folder_done(&folder);
}

/* ---- many of something ---- */

/* Not one of them is opened. What is no drop-in at all counts, too: it is looked at. */
static void test_many_dropins(void) {
        static const char *const suffixes[] = { "conf", "txt" };
        UnitFolder folder;
        guint64 before;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/many.service", SERVICE_TEXT);
        for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
                g_autofree char *dir = unit_folder_place(&folder, "lib/many.service.d/x");
                int count = i == 0 ? 100000 : UNIT_DROPINS_MAX + 1, fd;

                *strrchr(dir, '/') = '\0';
                fd = open(dir, O_DIRECTORY | O_CLOEXEC);
                for (int j = 0; j < count; j++) {
                        g_autofree char *name = g_strdup_printf("%d.%s", j, suffixes[i]);

                        g_assert_cmpint(mknodat(fd, name, S_IFREG | 0644, 0), ==, 0);
                }
                close(fd);
                before = bytes_read();
                assert_says(&folder, "many.service",
                            "lib/many.service.d:1: error: there are more than 1024 files for one "
                            "unit");
                g_assert_cmpuint(bytes_read() - before, <=, 64 * 1024);
                unit_folder_remove(dir);
        }
        unit_folder_done(&folder);
}

/* Twenty messages about each of so many lines aren't kept. */
static void test_many_messages(void) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        g_autoptr(GString) text = g_string_new("[Service]\n");
        g_autofree char *last = NULL, *wanted = NULL;
        unsigned int lines = 0;

        for (; text->len < UNIT_FILE_SIZE_MAX - 16; lines++)
                g_string_append(text, "no line\n");
        g_assert_cmpint(load_text("a.service", text->str, diagnostics, NULL), ==, -EBADMSG);
        g_assert_cmpuint(diagnostics->list->len, ==, DIAGNOSTICS_PER_FILE_MAX + 1);
        last = diagnostic_to_string(diagnostics->list->pdata[DIAGNOSTICS_PER_FILE_MAX]);
        wanted = g_strdup_printf("test:202: error: %u more errors are left out",
                                 lines - DIAGNOSTICS_PER_FILE_MAX);
        g_assert_cmpstr(last, ==, wanted);
}

/* What is wrong is shown, however many warnings there were before it. */
static void test_error_after_warnings(void) {
        enum { UNKNOWN = 300 };
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        g_autoptr(GString) text = g_string_new(SERVICE_TEXT);
        g_autofree char *note = NULL;

        for (int i = 0; i < UNKNOWN; i++)
                g_string_append_printf(text, "Unknown%d=1\n", i);
        g_string_append(text, "KillSignal=SIGNOPE\n");
        g_assert_cmpint(load_text("a.service", text->str, diagnostics, NULL), ==, -EBADMSG);
        g_assert_cmpuint(diagnostics->list->len, ==, DIAGNOSTICS_PER_FILE_MAX + 2);
        note = diagnostic_to_string(diagnostics->list->pdata[DIAGNOSTICS_PER_FILE_MAX]);
        g_assert_cmpstr(note, ==, "test:203: warning: 100 more warnings are left out");
        g_assert_nonnull(find_diagnostic(diagnostics, UNKNOWN + 3, "KillSignal", "'SIGNOPE' is"));
}

/* What the machine says is asked once, however often a file wants to know. */
static void test_many_specifiers(void) {
        g_autoptr(GString) text = g_string_new("[Unit]\n");
        guint64 before;

        while (text->len < UNIT_FILE_SIZE_MAX - 64)
                g_string_append(text, "Description=%o%w%u%g%b\n");
        before = bytes_read();
        settings_unref(load_good("a.target", text->str));
        g_assert_cmpuint(bytes_read() - before, <, UNIT_FILE_SIZE_MAX);
}

/* ---- what may not be read ---- */

/* Root may read everything, so this is done as somebody else. */
static void set_user(const UnitFolder *folder, bool other) {
        if (geteuid() == 0)
                g_assert_cmpint(chmod(folder->top, 0755), ==, 0);
        if (other && geteuid() == 0)
                g_assert_cmpint(seteuid(NOBODY), ==, 0);
        else if (!other && getuid() == 0)
                g_assert_cmpint(seteuid(0), ==, 0);
}

static void set_mode(const UnitFolder *folder, const char *name, mode_t mode) {
        g_autofree char *file = g_build_filename(folder->top, name, NULL);

        set_user(folder, false);
        g_assert_cmpint(chmod(file, mode), ==, 0);
}

static void assert_refused(const UnitFolder *folder, const char *name, const char *wanted) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        g_autofree char *said = NULL;

        set_user(folder, true);
        unit_path_refresh(folder->path);
        g_assert_cmpint(unit_load(folder->path, name, diagnostics, NULL), ==, -EBADMSG);
        g_assert_cmpuint(diagnostics->errors, ==, 1);
        said = to_string(folder, diagnostics->list->pdata[0]);
        g_assert_cmpstr(said, ==, wanted);
        settings_unref(unit_folder_load(folder, "good.service"));
        set_user(folder, false);
}

static void test_no_permission(void) {
        UnitFolder folder;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "lib/good.service", SERVICE_TEXT);
        unit_folder_put(&folder, "lib/secret.service", SERVICE_TEXT);
        unit_folder_put(&folder, "lib/a.service", SERVICE_TEXT);
        unit_folder_put(&folder, "lib/a.service.d/1.conf", "[Unit]\n");
        unit_folder_put(&folder, "lib/t.target", "[Unit]\n");
        unit_folder_link(&folder, "lib/t.target.wants/good.service", "../good.service");
        set_mode(&folder, "lib/secret.service", 0);
        assert_refused(&folder, "secret.service",
                       "lib/secret.service:1: error: can't be read: Permission denied");
        set_mode(&folder, "lib/a.service.d", 0);
        assert_refused(&folder, "a.service",
                       "lib/a.service.d:1: error: can't be read: Permission denied");
        set_mode(&folder, "lib/a.service.d", 0444);
        assert_refused(&folder, "a.service",
                       "lib/a.service.d/1.conf:1: error: can't be read: Permission denied");
        set_mode(&folder, "lib/a.service.d", 0755);
        set_mode(&folder, "lib/t.target.wants", 0);
        assert_refused(&folder, "t.target",
                       "lib/t.target.wants:1: error: can't be read: Permission denied");
        set_mode(&folder, "lib/t.target.wants", 0755);
        unit_folder_done(&folder);
}

/* A folder of the search path: what is in the others is found. */
static void test_folder_without_permission(void) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        UnitFolder folder;
        g_auto(GStrv) names = NULL;
        g_autofree char *said = NULL, *joined = NULL;

        unit_folder_init(&folder);
        unit_folder_put(&folder, "etc/hidden.service", SERVICE_TEXT);
        unit_folder_put(&folder, "lib/good.service", SERVICE_TEXT);
        set_mode(&folder, "etc", 0);
        set_user(&folder, true);
        names = list_names(folder.path, diagnostics);
        joined = g_strjoinv(" ", names);
        g_assert_cmpstr(joined, ==, "good.service");
        g_assert_cmpuint(diagnostics->list->len, ==, 1);
        said = to_string(&folder, diagnostics->list->pdata[0]);
        g_assert_cmpstr(said, ==,
                        "etc:1: error: no unit files can be read from here: Permission denied");
        settings_unref(unit_folder_load(&folder, "good.service"));
        set_mode(&folder, "etc", 0755);
        unit_folder_done(&folder);
}

/* Not a folder where one should be. */
static void test_files_for_folders(void) {
        _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
        UnitFolder folder;
        g_auto(GStrv) names = NULL;

        unit_folder_init(&folder);
        g_assert_cmpint(g_rmdir(folder.path->folders[0]), ==, 0);
        unit_folder_put(&folder, "etc", "");
        unit_folder_put(&folder, "lib/good.service", SERVICE_TEXT);
        unit_folder_put(&folder, "lib/good.service.d", "");
        names = list_names(folder.path, diagnostics);
        g_assert_cmpuint(g_strv_length(names), ==, 1);
        g_assert_nonnull(find_diagnostic(diagnostics, 0, NULL, "Not a directory"));
        unit_folder_assert(&folder, "good.service", 0, "lib/good.service.d", 0, NULL,
                           "not a folder");
        unit_folder_done(&folder);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/bad-input/binary", test_binary);
        g_test_add_func("/bad-input/utf8", test_utf8);
        g_test_add_func("/bad-input/long-lines", test_long_lines);
        g_test_add_func("/bad-input/not-files", test_not_files);
        g_test_add_func("/bad-input/fifo", test_fifo);
        g_test_add_func("/bad-input/large", test_large);
        g_test_add_func("/bad-input/growing", test_growing);
        g_test_add_func("/bad-input/many-dropins", test_many_dropins);
        g_test_add_func("/bad-input/many-messages", test_many_messages);
        g_test_add_func("/bad-input/error-after-warnings", test_error_after_warnings);
        g_test_add_func("/bad-input/many-specifiers", test_many_specifiers);
        g_test_add_func("/bad-input/no-permission", test_no_permission);
        g_test_add_func("/bad-input/folder-without-permission", test_folder_without_permission);
        g_test_add_func("/bad-input/files-for-folders", test_files_for_folders);
        return g_test_run();
}
