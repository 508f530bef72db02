/* SPDX-License-Identifier: MIT */
/* Checks of whole units. */
#include "unit-check.h"

#include <fcntl.h>
#include <string.h>

#include "unit-keys.h"
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

        complain_at(context, directive_place(context, directive), key, text);
}

static void warn_key(const DirectiveContext *context, const char *section, const char *key,
                     const char *text) {
        const Directive *directive = directive_find(context->settings->type, section, key);
        DirectivePlace place = directive_place(context, directive);

        diagnostics_add(context->diagnostics, DIAGNOSTIC_WARNING,
                        settings_file(context->settings, place.file), place.line, key, "%s", text);
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

/* An instance's file is mostly its template's. */
static void check_install(const DirectiveContext *context) {
        const UnitSettings *unit = context->settings;

        if (settings_given(unit, "DefaultInstance") && !unit_name_is_template(unit->name) &&
            !unit_name_is_instance(unit->name))
                warn_key(context, "Install", "DefaultInstance",
                         "has no effect: only a template has instances");
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

/* A second name, added at the end of a file with one below its lines, takes that one from them: the
 * service would wait in vain for what it has always claimed. */
static void check_listen_names(const DirectiveContext *context, const SocketSettings *settings) {
        const Listen *first = settings->listens->pdata[0];
        g_autofree char *key = NULL, *text = NULL;

        if (settings->fd_names < 2 || first->name)
                return;
        key = g_strconcat("Listen", address_type_to_string(first->address), NULL);
        text = g_strdup_printf(
                "'%s' stands above the first of several FileDescriptorName=, each of "
                "which names the lines below it: it is claimed as '%s'",
                first->address->text, context->settings->name);
        diagnostics_add(context->diagnostics, DIAGNOSTIC_WARNING,
                        settings_file(context->settings, first->file), first->line, key, "%s",
                        text);
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

/* With ReusePort= several sockets share one port of the internet. */
static void check_duplicate_listens(const DirectiveContext *context,
                                    const SocketSettings *settings) {
        g_autoptr(GHashTable) seen = g_hash_table_new(listen_hash, listen_same);
        const GPtrArray *listens = settings->listens;

        for (guint i = 0; i < listens->len; i++) {
                const Listen *listen = listens->pdata[i];
                const Listen *first = g_hash_table_lookup(seen, listen);
                g_autofree char *key = NULL, *text = NULL;

                if (!first) {
                        g_hash_table_add(seen, (void *)listen);
                        continue;
                }
                if (settings->reuse_port && address_is_internet(listen->address))
                        continue;
                key = g_strconcat("Listen", address_type_to_string(listen->address), NULL);
                text = g_strdup_printf("'%s' is line %u's already", listen->address->text,
                                       first->line);
                complain_at(context, place_of_listen(listen), key, text);
        }
}

/* Keys without an effect in such a unit. As in systemd no error, but somebody meant something. */
static void check_accept_keys(const DirectiveContext *context, const SocketSettings *settings) {
        static const struct {
                const char *key, *property;
                AcceptMode without;
                const char *text;
        } keys[] = {
                { "MaxConnectionsPerSource", "MaxConnectionsPerSource", ACCEPT_NO,
                  "no effect without Accept=yes" },
                { "FlushPending", "FlushPending", ACCEPT_YES, "no effect with Accept=yes" },
                { "DeferTrigger", "DeferTrigger", ACCEPT_YES, "no effect with Accept=yes" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
                static const char none[sizeof(uint64_t)];
                const char *given = settings_given(&settings->unit, keys[i].property);
                const Directive *directive;

                if (settings->accept != keys[i].without || !given)
                        continue;
                directive = directive_find(UNIT_SOCKET, "Socket", keys[i].key);
                if (memcmp(given, none, directive->value->size) != 0)
                        warn_key(context, "Socket", keys[i].key, keys[i].text);
        }
}

static void check_accept(const DirectiveContext *context, const SocketSettings *settings) {
        const char *service = settings->service;

        check_accept_keys(context, settings);
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

                g_autofree char *key =
                        g_strconcat("Listen", address_type_to_string(listen->address), NULL);

                if (!address_is_listener(listen->address))
                        complain_at(context, place_of_listen(listen), key,
                                    "there are no connections to be accepted: not with Accept=yes");
        }
}

/* They all point to one path, so there must be one. */
static void check_symlinks(const DirectiveContext *context, const SocketSettings *settings) {
        guint paths = 0;

        if (!settings_given(&settings->unit, "Symlinks"))
                return;
        for (guint i = 0; i < settings->listens->len; i++) {
                const Listen *listen = settings->listens->pdata[i];

                paths += address_path(listen->address) != NULL;
        }
        if (paths != 1)
                complain_key(context, "Socket", "Symlinks",
                             "needs exactly one unix socket or FIFO in the file system");
}

/* mq_open(3) takes both or neither; one alone is left out. */
static void check_message_queue(const DirectiveContext *context, const UnitSettings *settings) {
        bool messages = settings_given(settings, "MessageQueueMaxMessages") != NULL;
        bool size = settings_given(settings, "MessageQueueMessageSize") != NULL;

        if (messages && !size)
                warn_key(context, "Socket", "MessageQueueMaxMessages",
                         "has no effect without MessageQueueMessageSize= beside it");
        if (size && !messages)
                warn_key(context, "Socket", "MessageQueueMessageSize",
                         "has no effect without MessageQueueMaxMessages= beside it");
}

static void check_socket(const DirectiveContext *context) {
        SocketSettings *settings = SOCKET_SETTINGS(context->settings);

        if (!settings->listens || settings->listens->len == 0) {
                complain(context, "a socket needs a Listen*= line, as ListenStream=");
                return;
        }
        name_listens(settings);
        check_listen_names(context, settings);
        check_duplicate_listens(context, settings);
        check_accept(context, settings);
        check_symlinks(context, settings);
        check_message_queue(context, &settings->unit);
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

static DirectivePlace place_of(const DirectiveContext *context, const char *key) {
        return directive_place(context, directive_find(context->settings->type, "Service", key));
}

static bool is_given(const DirectiveContext *context, const char *key) {
        return place_of(context, key).line > 0;
}

/* A command that can't be read is none, but nothing is to be said of that but what is wrong. */
static bool has_command(const DirectiveContext *context, const ServiceSettings *settings) {
        return settings->exec_start || place_of(context, "ExecStart").wrong;
}

/* Without Type= it is what the other keys need. */
static void choose_service_type(const DirectiveContext *context, ServiceSettings *settings) {
        if (is_given(context, "Type"))
                return;
        if (settings_given(&settings->unit, "BusName"))
                settings->service_type = SERVICE_EXEC;
        else if (!has_command(context, settings))
                settings->service_type = SERVICE_ONESHOT;
}

/* What a service does without ExecStart=: it is the sum of its other commands. */
static void check_no_command(const DirectiveContext *context, const ServiceSettings *settings) {
        GPtrArray *const *stop = settings_given(&settings->unit, "ExecStop");
        const bool *remain = settings_value(&settings->unit, "RemainAfterExit");
        const EmergencyAction *action = settings_value(&settings->unit, "SuccessAction");

        if (settings->service_type != SERVICE_ONESHOT)
                complain(context, "a service needs an ExecStart= line, unless it has Type=oneshot");
        else if (!(stop && *stop) && !*remain && *action == EMERGENCY_NONE)
                complain(context, "a service without ExecStart= needs RemainAfterExit=yes, "
                                  "ExecStop= or SuccessAction=");
}

static void check_oneshot(const DirectiveContext *context, ServiceSettings *settings) {
        if (!is_given(context, "TimeoutStartSec") && !is_given(context, "TimeoutSec"))
                settings->timeout_start = TIME_INFINITY;
        if (settings->restart == RESTART_ALWAYS || settings->restart == RESTART_ON_SUCCESS)
                complain_key(context, "Service", "Restart",
                             "'always' and 'on-success' would never end with Type=oneshot");
}

static void check_service(const DirectiveContext *context) {
        ServiceSettings *settings = SERVICE_SETTINGS(context->settings);
        bool external, oneshot;

        choose_service_type(context, settings);
        external = settings->service_type == SERVICE_EXTERNAL;
        oneshot = settings->service_type == SERVICE_ONESHOT;
        merge_environment(settings->environment);
        remove_duplicates(settings->sockets);
        remove_duplicates(settings->memfds);
        if (external && !settings->pid_file)
                complain(context, "Type=external needs a PIDFile=");
        if (external && settings->exec_start)
                complain_key(context, "Service", "ExecStart",
                             "with Type=external the service is not started here");
        if (!external && !has_command(context, settings))
                check_no_command(context, settings);
        if (!oneshot && settings->exec_start && settings->exec_start->len > 1)
                complain_key(context, "Service", "ExecStart",
                             "several commands need Type=oneshot (a semicolon is written '\\;')");
        if (oneshot)
                check_oneshot(context, settings);
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
        check_install(context);
        checks[context->settings->type](context);
}
