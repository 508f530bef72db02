/* SPDX-License-Identifier: MIT */
/* bench-reload BELLHOPD FILES LINES COUNT: daemon-reload with FILES socket units of LINES Listen
 * lines each, in turns: the time to read and parse the files (with the manager's own loader, and
 * nothing else), a reload when nothing changed, a reload when one line changed.
 *
 * Samples: parse_ms, unchanged_ms, changed_ms, unchanged_touched, changed_touched (how many
 * descriptors the manager has after the reload that it hadn't before). */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "bench.h"
#include "unit-load.h"

#define CALL_TIMEOUT_USEC (60 * USEC_PER_SEC)

typedef struct Bench {
        unsigned int files, lines;
        unsigned int change; /* goes into one address, so that it is another one each time */
        pid_t manager;
        sd_bus *bus;
} Bench;

static void write_unit(const Bench *bench, unsigned int file) {
        char path[512];

        snprintf(path, sizeof(path), "%s/units/r%u.socket", bench_folder(), file);
        FILE *stream = fopen(path, "we");
        if (!stream)
                bench_die(path);
        fprintf(stream, "[Socket]\nService=bench.service\n");
        for (unsigned int i = 0; i < bench->lines; i++)
                fprintf(stream, "ListenStream=@%s/%u/%u/%u\n", bench_folder() + 1, file, i,
                        file == 0 && i == 0 ? bench->change : 0);
        if (fclose(stream) != 0)
                bench_die(path);
}

static void write_units(const Bench *bench) {
        for (unsigned int i = 0; i < bench->files; i++)
                write_unit(bench, i);
        bench_write("units/bench.service", "[Service]\nExecStart=/bin/true\n");
}

static double parse(void) {
        char folder[300];
        UnitSettings *settings;

        snprintf(folder, sizeof(folder), "%s/units", bench_folder());
        uint64_t begin = bench_now();
        _cleanup_(unit_path_free_cleanup) UnitPath *path = unit_path_new(false, folder);
        g_autoptr(GArray) files = unit_path_list_files(path, NULL);
        for (guint i = 0; i < files->len; i++) {
                const UnitFile *file = &g_array_index(files, UnitFile, i);

                if (unit_load_file(path, file, NULL, &settings) < 0)
                        bench_die(file->path);
                settings_unref(settings);
        }
        return (double)(bench_now() - begin) / 1e6;
}

static void connect_bus(Bench *bench) {
        char address[320];

        snprintf(address, sizeof(address), "unix:path=%s/run/bus", bench_folder());
        if (sd_bus_new(&bench->bus) < 0 || sd_bus_set_address(bench->bus, address) < 0 ||
            sd_bus_set_method_call_timeout(bench->bus, CALL_TIMEOUT_USEC) < 0 ||
            sd_bus_start(bench->bus) < 0)
                bench_die("bus");
}

static double reload(Bench *bench) {
        sd_bus_error error = SD_BUS_ERROR_NULL;

        uint64_t begin = bench_now();
        if (sd_bus_call_method(bench->bus, NULL, "/org/bellhop/Manager1", "org.bellhop.Manager1",
                               "Reload", &error, NULL, "") < 0) {
                fprintf(stderr, "reload: %s\n", error.message);
                exit(EXIT_FAILURE);
        }
        return (double)(bench_now() - begin) / 1e6;
}

/* The inodes of the manager's descriptors, sorted. */
static GArray *descriptors(const Bench *bench) {
        g_autofree char *path = g_strdup_printf("/proc/%d/fd", (int)bench->manager);
        GArray *inodes = g_array_new(false, false, sizeof(ino_t));
        DIR *dir = opendir(path);
        struct dirent *entry;
        struct stat info;

        /* An ordinary user may not look into a process that can't be dumped. */
        while (dir && (entry = readdir(dir)))
                if (fstatat(dirfd(dir), entry->d_name, &info, 0) == 0 && S_ISSOCK(info.st_mode))
                        g_array_append_val(inodes, info.st_ino);
        if (dir)
                closedir(dir);
        return inodes;
}

static int inode_compare(const void *a, const void *b) {
        ino_t left = *(const ino_t *)a, right = *(const ino_t *)b;

        return left < right ? -1 : left > right;
}

static unsigned int count_new(GArray *before, GArray *after) {
        unsigned int count = 0;

        g_array_sort(before, inode_compare);
        for (guint i = 0; i < after->len; i++)
                if (!g_array_binary_search(before, &g_array_index(after, ino_t, i), inode_compare,
                                           NULL))
                        count++;
        return count;
}

static void measure(Bench *bench, const char *time_key, const char *touched_key) {
        g_autoptr(GArray) before = descriptors(bench);
        bench_sample(time_key, reload(bench));
        g_autoptr(GArray) after = descriptors(bench);
        if (after->len > 0)
                bench_sample(touched_key, count_new(before, after));
}

int main(int argc, char **argv) {
        Bench bench = { 0 };

        if (argc != 5) {
                fprintf(stderr, "usage: %s BELLHOPD FILES LINES COUNT\n", argv[0]);
                return EXIT_FAILURE;
        }
        bench.files = bench_number(argc, argv, 2);
        bench.lines = bench_number(argc, argv, 3);
        unsigned int count = bench_number(argc, argv, 4);

        bench_raise_descriptors(bench.files * bench.lines + 64);
        write_units(&bench);
        bench.manager = bench_start_manager(argv[1], true, NULL);
        connect_bus(&bench);
        for (unsigned int i = 0; i < count; i++) {
                bench_sample("parse_ms", parse());
                measure(&bench, "unchanged_ms", "unchanged_touched");
                bench.change++;
                write_unit(&bench, 0);
                measure(&bench, "changed_ms", "changed_touched");
        }
        sd_bus_unref(bench.bus);
        bench_stop(bench.manager);
        return EXIT_SUCCESS;
}
