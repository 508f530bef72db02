/* SPDX-License-Identifier: MIT */
/* The settings of units: defaults, lifetime, comparison. */
#include "settings.h"

#include <signal.h>
#include <string.h>

#include "directive.h"
#include "sparse.h"
#include "unit-name.h"
#include "value.h"

#define DEFAULT_DELIVERY .claim_timeout = 30 * USEC_PER_SEC

static const ServiceSettings service_defaults = {
        .unit = { .type = UNIT_SERVICE },
        .restart_delay = 100 * USEC_PER_MSEC,
        .start_limit_interval = 10 * USEC_PER_SEC,
        .start_limit_burst = 5,
        .timeout_start = 90 * USEC_PER_SEC,
        .timeout_stop = 90 * USEC_PER_SEC,
        .kill_signal = SIGTERM,
};

static const SocketSettings socket_defaults = {
        .unit = { .type = UNIT_SOCKET },
        .delivery = { DEFAULT_DELIVERY },
        .socket_mode = 0666,
        .directory_mode = 0755,
        .backlog = UINT_MAX,
        .max_connections = 64,
        .trigger_limit_interval = 2 * USEC_PER_SEC,
        .trigger_limit_burst = UINT_MAX,
};

static const MemfdSettings memfd_defaults = {
        .unit = { .type = UNIT_MEMFD },
        .delivery = { DEFAULT_DELIVERY },
        .max_size = UINT64_C(64) * 1024 * 1024,
};

static const TargetSettings target_defaults = {
        .unit = { .type = UNIT_TARGET },
};

typedef struct TypeDefaults {
        const UnitSettings *settings;
        size_t size;
} TypeDefaults;

static const TypeDefaults defaults[UNIT_TYPE_COUNT] = {
        [UNIT_SERVICE] = { &service_defaults.unit, sizeof(service_defaults) },
        [UNIT_SOCKET] = { &socket_defaults.unit, sizeof(socket_defaults) },
        [UNIT_MEMFD] = { &memfd_defaults.unit, sizeof(memfd_defaults) },
        [UNIT_TARGET] = { &target_defaults.unit, sizeof(target_defaults) },
};

const UnitSettings *settings_defaults(UnitType type) {
        return defaults[type].settings;
}

/* The type's struct begins with the part that all share, so the one is the other's address. A file
 * is mostly called after its unit: then the end of the path is the name. */
UnitSettings *settings_new(UnitType type, const char *name, const char *path) {
        size_t size = defaults[type].size, path_size = path ? strlen(path) + 1 : 0;
        bool is_end = path && !strcmp(unit_name_of_file(path), name);
        size_t name_size = is_end ? 0 : strlen(name) + 1;
        UnitSettings *settings = g_malloc(size + path_size + name_size);
        char *strings = (char *)settings + size;

        memcpy(settings, defaults[type].settings, size);
        settings->references = 1;
        if (path)
                settings->path = memcpy(strings, path, path_size);
        if (is_end)
                settings->name = strings + path_size - strlen(name) - 1;
        else
                settings->name = memcpy(strings + path_size, name, name_size);
        return settings;
}

UnitSettings *settings_ref(UnitSettings *settings) {
        settings->references++;
        return settings;
}

UnitSettings *settings_unref(UnitSettings *settings) {
        if (!settings || --settings->references > 0)
                return NULL;
        for (const Directive *const *d = directive_fields(settings->type); *d; d++)
                if ((*d)->offset != DIRECTIVE_SPARSE && (*d)->value->clear)
                        (*d)->value->clear((char *)settings + (*d)->offset);
        sparse_done(settings);
        g_strfreev(settings->dropins);
        g_strfreev(settings->aliases);
        g_free(settings);
        return NULL;
}

bool settings_equal(const UnitSettings *a, const UnitSettings *b) {
        if (a->type != b->type || strcmp(a->name, b->name) || g_strcmp0(a->path, b->path) ||
            !value_strv_equal(&a->dropins, &b->dropins) ||
            !value_strv_equal(&a->aliases, &b->aliases))
                return false;
        for (const Directive *const *d = directive_fields(a->type); *d; d++)
                if ((*d)->offset != DIRECTIVE_SPARSE &&
                    !(*d)->value->equal(directive_field(*d, a), directive_field(*d, b)))
                        return false;
        return sparse_equal(a, b);
}

const char *settings_file(const UnitSettings *settings, unsigned int file) {
        if (file > 0 && settings->dropins && file <= g_strv_length(settings->dropins))
                return settings->dropins[file - 1];
        return settings->path ? settings->path : settings->name;
}

const char *socket_settings_item_name(const SocketSettings *settings, const Listen *listen) {
        return listen->name ? listen->name : settings->unit.name;
}

/* As in systemd, unless there is another word for it. */
const char *socket_settings_connection_name(const Listen *listen) {
        return listen->name ? listen->name : "connection";
}

const char *memfd_settings_item_name(const MemfdSettings *settings) {
        return settings->fd_name ? settings->fd_name : settings->unit.name;
}

unsigned int socket_settings_trigger_burst(const SocketSettings *settings) {
        if (settings->trigger_limit_burst != UINT_MAX)
                return settings->trigger_limit_burst;
        return settings->accept == ACCEPT_YES ? 200 : 20;
}

/* Asked for each port: the default isn't looked up. */
uint64_t socket_settings_poll_interval(const SocketSettings *settings) {
        const uint64_t *interval = settings_given(&settings->unit, "PollLimitIntervalUSec");

        return interval ? *interval : 2 * USEC_PER_SEC;
}

unsigned int socket_settings_poll_burst(const SocketSettings *settings) {
        const unsigned int *burst = settings_given(&settings->unit, "PollLimitBurst");

        if (burst && *burst != UINT_MAX)
                return *burst;
        return settings->accept == ACCEPT_YES ? 150 : 15;
}

char *socket_settings_service(const SocketSettings *settings) {
        g_autofree char *prefix = NULL;

        if (settings->service)
                return g_strdup(settings->service);
        if (settings->accept != ACCEPT_YES)
                return unit_name_change_type(settings->unit.name, UNIT_SERVICE);
        prefix = unit_name_prefix(settings->unit.name);
        return g_strconcat(prefix, "@.service", NULL);
}
