/* SPDX-License-Identifier: MIT */
/* Checks of whole units. */
#include "unit-check.h"

#include <fcntl.h>
#include <string.h>

#include "value.h"

/* Adds an error about a line of a file (0: the unit as a whole) and a key. */
static void complain_at(const DirectiveContext *context, DirectivePlace place, const char *key,
                        const char *text) {
        diagnostics_add(context->diagnostics, DIAGNOSTIC_ERROR,
                        settings_file(context->settings, place.file), place.line, key, "%s", text);
}

static void complain(const DirectiveContext *context, const char *text) {
        complain_at(context, (DirectivePlace){ 0 }, NULL, text);
}

static DirectivePlace place_of_listen(const Listen *listen) {
        return (DirectivePlace){ .line = listen->line, .file = listen->file };
}

/* The same about a key of a section, where it was last given. */
static void complain_key(const DirectiveContext *context, const char *section, const char *key,
                         const char *text) {
        const Directive *directive = directive_find(context->settings->type, section, key);

        complain_at(context, context->places[directive_row(directive)], key, text);
}

/* Of equal strings the first one stays. */
static void remove_duplicates(GStrv list) {
        g_autoptr(GHashTable) seen = NULL;
        char **out = list;

        if (!list || !list[0] || !list[1])
                return;
        seen = g_hash_table_new(g_str_hash, g_str_equal);
        for (char **p = list; *p; p++) {
                if (g_hash_table_contains(seen, *p)) {
                        g_free(*p);
                } else {
                        g_hash_table_add(seen, *p);
                        *out++ = *p;
                }
        }
        *out = NULL;
}

/* Of two assignments to one variable the later one wins, in the place of the first. */
static void merge_environment(GStrv list) {
        g_autoptr(GHashTable) seen = NULL;
        char **out = list;

        if (!list || !list[0] || !list[1])
                return;
        seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (char **p = list; *p; p++) {
                char *key = g_strndup(*p, strcspn(*p, "="));
                char **first = g_hash_table_lookup(seen, key);

                if (first) {
                        g_free(*first);
                        *first = *p;
                        g_free(key);
                } else {
                        *out = *p;
                        g_hash_table_insert(seen, key, out++);
                }
        }
        *out = NULL;
}

static void merge_dependencies(UnitSettings *unit) {
        remove_duplicates(unit->after);
        remove_duplicates(unit->before);
        remove_duplicates(unit->requires);
        remove_duplicates(unit->wants);
}

static bool names_template(const char *name) {
        return name && unit_name_is_template(name);
}

/* One FileDescriptorName= names all lines, those before it too. */
static void name_listens(SocketSettings *settings) {
        for (guint i = 0; settings->fd_names == 1 && settings->fd_name && settings->listens &&
                          i < settings->listens->len;
             i++) {
                Listen *listen = settings->listens->pdata[i];

                if (!listen->name)
                        listen->name = g_ref_string_acquire(settings->fd_name);
        }
}

/* A path can be bound once, whatever the socket's type. */
static guint listen_hash(const void *pointer) {
        const Listen *listen = pointer;

        return g_str_hash(listen->address->text);
}

static gboolean listen_same(const void *a, const void *b) {
        const Listen *x = a, *y = b;

        return !strcmp(x->address->text, y->address->text) &&
               (address_path(x->address) || x->address->type == y->address->type);
}

static void check_duplicate_listens(const DirectiveContext *context, const GPtrArray *listens) {
        g_autoptr(GHashTable) seen = g_hash_table_new(listen_hash, listen_same);

        for (guint i = 0; i < listens->len; i++) {
                const Listen *listen = listens->pdata[i];
                const Listen *first = g_hash_table_lookup(seen, listen);
                g_autofree char *key = NULL, *text = NULL;

                if (!first) {
                        g_hash_table_add(seen, (void *)listen);
                        continue;
                }
                key = g_strconcat("Listen", address_type_to_string(listen->address), NULL);
                text = g_strdup_printf("'%s' is line %u's already", listen->address->text,
                                       first->line);
                complain_at(context, place_of_listen(listen), key, text);
        }
}

static void check_accept(const DirectiveContext *context, const SocketSettings *settings) {
        const char *service = settings->service;

        if (settings->accept == ACCEPT_DISPATCH)
                complain_key(context, "Socket", "Accept", "'dispatch' is not honoured yet");
        if (settings->accept == ACCEPT_YES && service)
                complain_key(context, "Socket", "Service",
                             "not with Accept=yes, which starts instances of the template of the "
                             "socket's own name");
        if (settings->accept == ACCEPT_YES && settings->max_connections == 0)
                complain_key(context, "Socket", "MaxConnections",
                             "with Accept=yes there must be room for one connection");
        if (settings->accept == ACCEPT_NO && names_template(service))
                complain_key(context, "Socket", "Service",
                             "a template needs Accept=yes, or a name after the '@'");
        for (guint i = 0; settings->accept == ACCEPT_YES && i < settings->listens->len; i++) {
                const Listen *listen = settings->listens->pdata[i];

                if (listen->address->type == SOCK_DGRAM)
                        complain_at(context, place_of_listen(listen), "ListenDatagram",
                                    "a datagram socket has no connections: not with Accept=yes");
        }
}

static void check_socket(const DirectiveContext *context) {
        SocketSettings *settings = SOCKET_SETTINGS(context->settings);

        if (!settings->listens || settings->listens->len == 0) {
                complain(context, "a socket needs a ListenStream=, ListenDatagram= or "
                                  "ListenSequentialPacket= line");
                return;
        }
        name_listens(settings);
        check_duplicate_listens(context, settings->listens);
        check_accept(context, settings);
}

static void check_memfd(const DirectiveContext *context) {
        MemfdSettings *settings = MEMFD_SETTINGS(context->settings);
        int contents = !!settings->source + !!settings->content + (settings->size > 0);
        unsigned int seals = F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;

        if (contents != 1)
                complain(context, contents == 0
                                          ? "a memfd needs one of Source=, Content= and Size="
                                          : "a memfd has only one of Source=, Content= and Size=");
        if (settings->redeliver_on_change && !settings->source)
                complain_key(context, "Memfd", "RedeliverOnChange", "there is no Source= to watch");
        if (!settings->seals_set)
                settings->seals = seals | (settings->size > 0 ? 0u : (unsigned int)F_SEAL_WRITE);
        remove_duplicates(settings->services);
}

static void check_service(const DirectiveContext *context) {
        ServiceSettings *settings = SERVICE_SETTINGS(context->settings);
        bool external = settings->service_type == SERVICE_EXTERNAL;

        merge_environment(settings->environment);
        remove_duplicates(settings->sockets);
        remove_duplicates(settings->memfds);
        if (external && !settings->pid_file)
                complain(context, "Type=external needs a PIDFile=");
        if (external && settings->exec_start)
                complain_key(context, "Service", "ExecStart",
                             "with Type=external the service is not started here");
        if (!external && !settings->exec_start)
                complain(context, "a service needs an ExecStart= line");
        if (settings->exec_start && settings->exec_start->len > 1)
                complain_key(context, "Service", "ExecStart",
                             "several commands need Type=oneshot (a semicolon is written '\\;')");
}

static void check_target(const DirectiveContext *context) {
}

void unit_check(const DirectiveContext *context) {
        static void (*const checks[UNIT_TYPE_COUNT])(const DirectiveContext *) = {
                [UNIT_SERVICE] = check_service,
                [UNIT_SOCKET] = check_socket,
                [UNIT_MEMFD] = check_memfd,
                [UNIT_TARGET] = check_target,
        };

        merge_dependencies(context->settings);
        checks[context->settings->type](context);
}
