/* SPDX-License-Identifier: MIT */
/* Listen*= lines and the names that FileDescriptorName= gives them. */
#include <string.h>

#include "item-name.h"
#include "value.h"

static void listen_free(void *pointer) {
        Listen *listen = pointer;

        address_free(listen->address);
        if (listen->name)
                g_ref_string_release(listen->name);
        g_free(listen);
}

/* The name in force is noted with each line; if it stays the only one, it is every line's in the
 * end (unit-check.c). */
static int parse_listen(const DirectiveContext *context, const Directive *directive, void *field,
                        const char *value) {
        SocketSettings *settings = SOCKET_SETTINGS(context->settings);
        g_autofree char *expanded = NULL;
        GPtrArray **listens = field;
        Address *address;
        Listen *listen;
        const char *why;
        int r;

        r = value_expand(context, value, &expanded);
        if (r < 0)
                return r;
        if (address_parse(expanded, directive->argument, &address, &why) < 0) {
                g_autofree char *what = g_strconcat("an address to listen on: ", why, NULL);

                return value_is_not(context, expanded, what);
        }
        listen = g_new(Listen, 1);
        *listen = (Listen){
                .address = address,
                .name = settings->fd_name ? g_ref_string_acquire(settings->fd_name) : NULL,
                .line = context->line,
                .file = (uint16_t)context->file_number,
        };
        if (!*listens)
                *listens = g_ptr_array_new_with_free_func(listen_free);
        g_ptr_array_add(*listens, listen);
        return 0;
}

static void clear_listens(void *field) {
        g_clear_pointer((GPtrArray **)field, g_ptr_array_unref);
}

static gboolean listens_equal(const void *a, const void *b) {
        const GPtrArray *x = *(GPtrArray *const *)a, *y = *(GPtrArray *const *)b;
        guint n = x ? x->len : 0;

        if (n != (y ? y->len : 0))
                return FALSE;
        for (guint i = 0; i < n; i++) {
                const Listen *l = x->pdata[i], *m = y->pdata[i];

                if (!address_equal(l->address, m->address) || g_strcmp0(l->name, m->name))
                        return FALSE;
        }
        return TRUE;
}

static GVariant *show_listens(const UnitSettings *settings, const Directive *directive,
                              const void *field) {
        const SocketSettings *socket = container_of(settings, SocketSettings, unit);
        const GPtrArray *listens = *(GPtrArray *const *)field;
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE("aa{ss}"));
        for (guint i = 0; listens && i < listens->len; i++) {
                const Listen *listen = listens->pdata[i];

                g_variant_builder_open(&builder, G_VARIANT_TYPE("a{ss}"));
                g_variant_builder_add(&builder, "{ss}", "type",
                                      address_type_to_string(listen->address));
                g_variant_builder_add(&builder, "{ss}", "address", listen->address->text);
                g_variant_builder_add(&builder, "{ss}", "name",
                                      socket_settings_item_name(socket, listen));
                g_variant_builder_close(&builder);
        }
        return g_variant_builder_end(&builder);
}

const ValueType value_listen = {
        .name = "address",
        .size = sizeof(GPtrArray *),
        .parse = parse_listen,
        .clear = clear_listens,
        .equal = listens_equal,
        .show = show_listens,
};

_Static_assert(offsetof(SocketSettings, fd_names) ==
                       offsetof(SocketSettings, fd_name) + offsetof(ListenNames, count),
               "FileDescriptorName= is a ListenNames");

static void clear_listen_names(void *field) {
        ListenNames *names = field;

        g_clear_pointer(&names->last, g_ref_string_release);
}

static int parse_listen_name(const DirectiveContext *context, const Directive *directive,
                             void *field, const char *value) {
        g_autofree char *name = NULL;
        ListenNames *names = field;
        int r;

        r = value_expand(context, value, &name);
        if (r < 0)
                return r;
        if (name[0] && !item_name_is_valid(name, strlen(name)))
                return value_is_not(context, name,
                                    "a name of up to 255 printable ASCII characters without ':'");
        clear_listen_names(names);
        names->last = name[0] ? g_ref_string_new(name) : NULL;
        names->count = name[0] ? names->count + 1 : 0;
        return 0;
}

static gboolean listen_names_equal(const void *a, const void *b) {
        const ListenNames *x = a, *y = b;

        return x->count == y->count && g_strcmp0(x->last, y->last) == 0;
}

static GVariant *show_listen_names(const UnitSettings *settings, const Directive *directive,
                                   const void *field) {
        const ListenNames *names = field;

        return g_variant_new_string(names->last ? names->last : settings->name);
}

const ValueType value_listen_name = {
        .name = "item name",
        .size = PAIR_SIZE(ListenNames, count),
        .parse = parse_listen_name,
        .clear = clear_listen_names,
        .equal = listen_names_equal,
        .show = show_listen_names,
};
