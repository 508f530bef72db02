/* SPDX-License-Identifier: MIT */
/* Looking up units for callers who mistype. */
#include "bus-lookup.h"

#include <string.h>

#include "bus-names.h"

/* How many single-letter changes lead from a to b; at most limit + 1. Names are short (255 bytes).
 */
static unsigned int name_distance(const char *a, const char *b, unsigned int limit) {
        unsigned int row[256];
        size_t a_length = strlen(a), b_length = strlen(b);
        if (b_length >= ARRAY_SIZE(row) || a_length > b_length + limit ||
            b_length > a_length + limit)
                return limit + 1;
        for (unsigned int j = 0; j <= b_length; j++)
                row[j] = j;
        for (unsigned int i = 1; i <= a_length; i++) {
                unsigned int diagonal = row[0], best = row[0] = i;
                for (unsigned int j = 1; j <= b_length; j++) {
                        unsigned int change = diagonal + (a[i - 1] != b[j - 1]);
                        diagonal = row[j];
                        row[j] = MIN(change, MIN(row[j], row[j - 1]) + 1);
                        best = MIN(best, row[j]);
                }
                if (best > limit)
                        return limit + 1;
        }
        return row[b_length];
}

typedef struct Nearest {
        const char *wanted;
        const char *name; /* NULL: none is near */
        unsigned int distance;
} Nearest;

static void nearest_try(gpointer name, gpointer value, gpointer userdata) {
        Nearest *nearest = userdata;
        unsigned int distance = name_distance(nearest->wanted, name, nearest->distance);
        /* Several may be equally near: the first in the alphabet, so that the answer is stable. */
        if (distance < nearest->distance ||
            (distance == nearest->distance && nearest->name && strcmp(name, nearest->name) < 0)) {
                nearest->name = name;
                nearest->distance = distance;
        }
}

static const char *lookup_nearest(Manager *manager, const char *name) {
        /* A third of the letters before the suffix may be wrong, and one: more is another word. */
        size_t letters = (size_t)(strrchr(name, '.') - name);
        Nearest nearest = { .wanted = name, .distance = (unsigned int)letters / 3 + 2 };
        g_hash_table_foreach(manager->units, nearest_try, &nearest);
        g_hash_table_foreach(manager->broken, nearest_try, &nearest);
        return nearest.name;
}

static int lookup_fail_masked(const char *name, const char *file, sd_bus_error *ret_error) {
        g_autofree char *text = g_utf8_make_valid(file, -1);
        return sd_bus_error_setf(ret_error, BUS_ERROR_NO_SUCH_UNIT,
                                 "%s is masked by %s: nothing is loaded while that is there", name,
                                 text);
}

static int lookup_fail_unknown(Manager *manager, const char *name, sd_bus_error *ret_error) {
        g_autofree char *mask = unit_path_find_mask(manager->unit_path, name);
        if (mask)
                return lookup_fail_masked(name, mask, ret_error);
        const char *nearest = lookup_nearest(manager, name);
        if (nearest)
                return sd_bus_error_setf(ret_error, BUS_ERROR_NO_SUCH_UNIT,
                                         "there is no unit %s; did you mean %s?", name, nearest);
        g_autofree char *folders = g_strjoinv(", ", manager->unit_path->folders);
        g_autofree char *text = g_utf8_make_valid(folders, -1);
        return sd_bus_error_setf(ret_error, BUS_ERROR_NO_SUCH_UNIT,
                                 "there is no unit %s: no such file in %s", name, text);
}

static int lookup_fail_broken(Manager *manager, const char *name, sd_bus_error *ret_error) {
        const char *why = g_hash_table_lookup(manager->broken, name);
        g_autofree char *text = g_utf8_make_valid(why ?: "its file has errors", -1);
        return sd_bus_error_setf(ret_error, BUS_ERROR_BAD_UNIT_FILE, "%s isn't loaded: %s", name,
                                 text);
}

static int lookup_fail_name(const char *name, sd_bus_error *ret_error) {
        if (unit_name_is_foreign(name))
                return sd_bus_error_setf(ret_error, BUS_ERROR_NO_SUCH_UNIT,
                                         "there is no unit %s: bellhop has none of this type",
                                         name);
        if (unit_name_type(name) == UNIT_TYPE_INVALID)
                return sd_bus_error_setf(
                        ret_error, BUS_ERROR_BAD_REQUEST,
                        "'%s' isn't a unit's name: those end in .service, .socket, .memfd or "
                        ".target",
                        name);
        return sd_bus_error_setf(ret_error, BUS_ERROR_BAD_REQUEST,
                                 "%s is a template: name an instance of it", name);
}

int bus_lookup_unit(Manager *manager, const char *name, Unit **ret, sd_bus_error *ret_error) {
        if (unit_name_type(name) == UNIT_TYPE_INVALID || unit_name_is_template(name))
                return lookup_fail_name(name, ret_error);
        int r = manager_load_unit(manager, name, ret);
        if (r == -ENOENT)
                return lookup_fail_unknown(manager, name, ret_error);
        if (r == -EBADMSG)
                return lookup_fail_broken(manager, name, ret_error);
        return r < 0 ? r : 0;
}

int bus_lookup_units(Manager *manager, char *const *names, GPtrArray **ret,
                     sd_bus_error *ret_error) {
        if (!names || !*names)
                return sd_bus_error_set(ret_error, BUS_ERROR_BAD_REQUEST, "no unit was named");
        g_autoptr(GPtrArray) units = g_ptr_array_new();
        for (; *names; names++) {
                Unit *unit;
                int r = bus_lookup_unit(manager, *names, &unit, ret_error);
                if (r < 0)
                        return r;
                if (!g_ptr_array_find(units, unit, NULL))
                        g_ptr_array_add(units, unit);
        }
        *ret = g_steal_pointer(&units);
        return 0;
}
