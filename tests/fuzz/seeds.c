/* SPDX-License-Identifier: MIT */
/* Seeds made from the directive table. */
#include "seeds.h"

#include <glib.h>

#include "directive.h"

/* Something for every kind of value. */
static const char *const samples[] = {
        "yes",
        "0",
        "4096",
        "-5",
        "65536",
        "0755",
        "5min 20s 1.5ms",
        "infinity",
        "4.5G",
        "50%",
        "1:2",
        "0-3,5 7",
        "SIGTERM",
        "RTMIN+8",
        "/run/%n",
        "-/etc/%i",
        "~",
        "~CAP_NET_ADMIN CAP_CHOWN",
        "@system-service",
        "web.service web@3.socket",
        "A=b 'C=d e' \"F=\\x41\"",
        "-@/bin/sh name -c 'a \\; b' $A ${B} %% ; /bin/true",
        "[::1%lo]:80",
        "vsock:2:1234",
        "@abstract",
        "file:/var/log/x",
        "|!x86-64",
        ">=6.1",
        "10.0.0.0/8 localhost",
        "/dev/sda 1M",
        "strict",
        "write grow",
};

/* Of a row: its default, the words it knows, and a sample. */
static void row_values(const Directive *row, size_t number, GPtrArray *values) {
        if (row->initial)
                g_ptr_array_add(values, (char *)row->initial);
        for (const EnumName *name = row->value ? row->value->names : NULL; name && name->name;
             name++)
                g_ptr_array_add(values, (char *)name->name);
        for (size_t i = 0; i < 3; i++)
                g_ptr_array_add(values, (char *)samples[(number * 3 + i) % G_N_ELEMENTS(samples)]);
}

void seeds_of_values(SeedTaker take, void *userdata) {
        size_t count;
        const Directive *rows = directive_table(&count);

        for (size_t i = 0; i < count; i++) {
                g_autoptr(GPtrArray) values = g_ptr_array_new();

                row_values(&rows[i], i, values);
                for (guint j = 0; j < values->len; j++) {
                        const char head[2] = { (char)(i & 0xff), (char)(i >> 8) };
                        g_autofree char *name =
                                g_strdup_printf("%s-%s-%u", rows[i].section, rows[i].key, j);
                        g_autoptr(GString) seed = g_string_new_len(head, sizeof(head));

                        g_string_append(seed, values->pdata[j]);
                        take(name, (const uint8_t *)seed->str, seed->len, userdata);
                }
        }
}

void seeds_of_files(SeedTaker take, void *userdata) {
        size_t count;
        const Directive *rows = directive_table(&count);
        g_autoptr(GString) file = g_string_new(NULL);

        for (size_t i = 0; i < count; i++) {
                g_autoptr(GPtrArray) values = g_ptr_array_new();
                bool last = i + 1 == count || g_strcmp0(rows[i].section, rows[i + 1].section) != 0;

                if (file->len == 0)
                        g_string_append_printf(file, "[%s]\n", rows[i].section);
                row_values(&rows[i], i, values);
                for (guint j = 0; j < values->len; j++)
                        g_string_append_printf(file, "%s=%s\n", rows[i].key,
                                               (const char *)values->pdata[j]);
                if (last || file->len > 2048) {
                        g_autofree char *name = g_strdup_printf("%s-%zu", rows[i].section, i);

                        take(name, (const uint8_t *)file->str, file->len, userdata);
                        g_string_truncate(file, 0);
                }
        }
}
