/* SPDX-License-Identifier: MIT */
/* bench-load BELLHOPD UNITS COUNT: loads so many unit files, as distributions have them, on one
 * core; in turns a tenth of them, and all of them by inih alone, which makes nothing of what it
 * reads.
 *
 * Samples: load_ms, tenth_ms, bare_ms (processor time, kernel's included); directives (lines
 * "key=value" in all of them), text_bytes, heap_bytes (of what is loaded), manager_kib
 * (proportional memory of a manager that has loaded them, less that of one without units; not where
 * that can't be read). */
#include <errno.h>
#include <ini.h>
#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "unit-load.h"

static const char socket_text[] =
        "#  This file is part of the package, changes go into a drop-in.\n"
        "\n"
        "[Unit]\n"
        "Description=Front door of application number %1$u\n"
        "Documentation=man:application(8) https://example.com/application/%1$u\n"
        "PartOf=app-%1$u.service\n"
        "ConditionPathExists=!/etc/application/%1$u/not-to-be-run\n"
        "\n"
        "[Socket]\n"
        "ListenStream=/run/application/%1$u.socket\n"
        "SocketMode=0660\n"
        "DirectoryMode=0755\n"
        "RemoveOnStop=yes\n"
        "FileDescriptorName=application\n"
        "\n"
        "[Install]\n"
        "WantedBy=sockets.target\n";

static const char service_text[] =
        "[Unit]\n"
        "Description=Application number %1$u\n"
        "Documentation=man:application(8)\n"
        "After=network-online.target app-%1$u.socket\n"
        "Wants=network-online.target\n"
        "Requires=app-%1$u.socket\n"
        "StartLimitIntervalSec=5min\n"
        "StartLimitBurst=10\n"
        "\n"
        "[Service]\n"
        "Type=notify\n"
        "EnvironmentFile=-/etc/default/application\n"
        "Environment=APPLICATION_NUMBER=%1$u \"APPLICATION_TITLE=number %1$u\"\n"
        "# its configuration is checked first\n"
        "ExecStartPre=/usr/sbin/application --check --config /etc/application/%1$u.conf\n"
        "ExecStart=/usr/sbin/application --foreground --config /etc/application/%1$u.conf \\\n"
        "    --log-level=info $APPLICATION_OPTIONS\n"
        "ExecReload=/bin/kill -HUP $MAINPID\n"
        "User=daemon\n"
        "Group=daemon\n"
        "WorkingDirectory=-/var/lib/application\n"
        "RuntimeDirectory=application/%1$u\n"
        "StateDirectory=application/%1$u\n"
        "UMask=0027\n"
        "LimitNOFILE=65536\n"
        "KillMode=mixed\n"
        "TimeoutStopSec=30s\n"
        "Restart=on-failure\n"
        "RestartSec=2s\n"
        "RestartPreventExitStatus=255 SIGABRT\n"
        "OOMScoreAdjust=-100\n"
        "NoNewPrivileges=yes\n"
        "CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_SETUID CAP_SETGID\n"
        "\n"
        "[Install]\n"
        "WantedBy=multi-user.target\n"
        "Alias=application-%1$u.service\n";

static const char dropin_text[] = "[Service]\n"
                                  "Environment=APPLICATION_SITE=here\n"
                                  "TimeoutStopSec=1min\n";

typedef struct Texts {
        double directives, bytes;
} Texts;

static bool line_is_directive(const char *line) {
        return line[0] && !strchr("[#; \n", line[0]);
}

static void write_text(const char *name, const char *text, Texts *texts) {
        for (const char *line = text; line; line = strchr(line, '\n')) {
                line += *line == '\n';
                texts->directives += line_is_directive(line);
        }
        texts->bytes += (double)strlen(text);
        bench_write(name, "%s", text);
}

static void link_wanted(const char *folder, unsigned int number) {
        char path[512], target[64];

        snprintf(path, sizeof(path), "%s/%s/multi-user.target.wants", bench_folder(), folder);
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
                bench_die(path);
        snprintf(path, sizeof(path), "%s/%s/multi-user.target.wants/app-%u.socket", bench_folder(),
                 folder, number);
        snprintf(target, sizeof(target), "../app-%u.socket", number);
        if (symlink(target, path) < 0)
                bench_die(path);
}

/* One in fifty has a drop-in, one in ten is enabled. */
static void write_pair(const char *folder, unsigned int number, Texts *texts) {
        char name[512], text[4096];

        snprintf(name, sizeof(name), "%s/app-%u.socket", folder, number);
        snprintf(text, sizeof(text), socket_text, number);
        write_text(name, text, texts);
        snprintf(name, sizeof(name), "%s/app-%u.service", folder, number);
        snprintf(text, sizeof(text), service_text, number);
        write_text(name, text, texts);
        if (number % 10 == 0)
                link_wanted(folder, number);
        if (number % 50 != 0)
                return;
        snprintf(name, sizeof(name), "%s/%s/app-%u.service.d", bench_folder(), folder, number);
        if (mkdir(name, 0755) < 0)
                bench_die(name);
        snprintf(name, sizeof(name), "%s/app-%u.service.d/site.conf", folder, number);
        write_text(name, dropin_text, texts);
}

static Texts write_units(const char *folder, unsigned int units) {
        Texts texts = { 0 };
        char path[512];

        snprintf(path, sizeof(path), "%s/%s", bench_folder(), folder);
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
                bench_die(path);
        for (unsigned int i = 0; i < units / 2; i++)
                write_pair(folder, i, &texts);
        return texts;
}

static UnitPath *make_path(const char *folder) {
        char path[512];

        snprintf(path, sizeof(path), "%s/%s", bench_folder(), folder);
        return unit_path_new(false, path);
}

/* The processor's time, so that others don't count who want the same core. */
static uint64_t cpu_now(void) {
        struct timespec now;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Loads all of a folder and keeps it, as a manager does. Returns: how long that took, in ms. */
static double load(const char *folder, size_t *ret_heap) {
        size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
        uint64_t begin = cpu_now();
        _cleanup_(unit_path_free_cleanup) UnitPath *path = make_path(folder);
        g_autoptr(GArray) files = unit_path_list_files(path, NULL);
        guint count = files->len;
        g_autofree UnitSettings **settings = g_new0(UnitSettings *, count);

        for (guint i = 0; i < count; i++) {
                _cleanup_(diagnostics_free_cleanup) Diagnostics *diagnostics = diagnostics_new();
                const UnitFile *file = &g_array_index(files, UnitFile, i);

                if (unit_load_file(path, file, diagnostics, &settings[i]) < 0) {
                        errno = EBADMSG;
                        bench_die(file->path);
                }
        }
        double ms = (double)(cpu_now() - begin) / 1e6;
        *ret_heap = mallinfo2().uordblks + mallinfo2().hblkhd - before;
        for (guint i = 0; i < count; i++)
                settings_unref(settings[i]);
        return ms;
}

static int count_line(void *count, const char *section, const char *name, const char *value) {
        (*(unsigned int *)count)++;
        return 1;
}

/* The same files by inih alone. */
static double load_bare(const char *folder) {
        _cleanup_(unit_path_free_cleanup) UnitPath *path = make_path(folder);
        uint64_t begin = cpu_now();
        g_autoptr(GArray) files = unit_path_list_files(path, NULL);
        unsigned int lines = 0;

        for (guint i = 0; i < files->len; i++) {
                const char *file = g_array_index(files, UnitFile, i).path;

                if (ini_parse(file, count_line, &lines) < 0)
                        bench_die(file);
        }
        return (double)(cpu_now() - begin) / 1e6;
}

static double manager_memory(const char *bellhopd) {
        const char *key;
        pid_t pid = bench_start_manager(bellhopd, true, NULL);
        double kib = bench_memory(pid, &key);

        bench_stop(pid);
        bench_folder_clean();
        return strcmp(key, "pss_kib") == 0 ? kib : -1;
}

static void stay_on_one_core(void) {
        int cpu = sched_getcpu();
        cpu_set_t one;

        CPU_ZERO(&one);
        CPU_SET(cpu < 0 ? 0 : (unsigned int)cpu, &one);
        (void)sched_setaffinity(0, sizeof(one), &one);
}

int main(int argc, char **argv) {
        size_t heap;

        if (argc != 4) {
                fprintf(stderr, "usage: %s BELLHOPD UNITS COUNT\n", argv[0]);
                return EXIT_FAILURE;
        }
        unsigned int units = bench_number(argc, argv, 2), count = bench_number(argc, argv, 3);
        double empty = manager_memory(argv[1]);
        Texts texts = write_units("units", units);
        double full = manager_memory(argv[1]);

        write_units("tenth", units / 10);
        bench_sample("directives", texts.directives);
        bench_sample("text_bytes", texts.bytes);
        if (empty >= 0)
                bench_sample("manager_kib", full - empty);
        stay_on_one_core();
        (void)load("tenth", &heap); /* what is made once */
        for (unsigned int i = 0; i < count; i++) {
                bench_sample("bare_ms", load_bare("units"));
                bench_sample("tenth_ms", load("tenth", &heap));
                bench_sample("load_ms", load("units", &heap));
                bench_sample("heap_bytes", (double)heap);
        }
        return EXIT_SUCCESS;
}
