/* SPDX-License-Identifier: MIT */
/* One walk over a message, the mirror of the daemon's over a GVariant. */
#include "message.h"

#include "macros.h"

static int message_read_value(sd_bus_message *message, GVariant **ret);

static void variant_destroy(gpointer variant) {
        g_variant_unref(variant);
}

/* Reads values up to the end of the current container. */
static int message_read_children(sd_bus_message *message, GPtrArray **ret) {
        g_autoptr(GPtrArray) children = g_ptr_array_new_with_free_func(variant_destroy);
        int r;
        while ((r = sd_bus_message_at_end(message, false)) == 0) {
                GVariant *child;
                r = message_read_value(message, &child);
                if (r < 0)
                        return r;
                g_ptr_array_add(children, child);
        }
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&children);
        return 0;
}

/* Returns: a floating value, or NULL if the children don't make one. */
static GVariant *container_new(char type, const char *contents, GPtrArray *children) {
        GVariant **values = (GVariant **)children->pdata;
        switch (type) {
        case SD_BUS_TYPE_ARRAY:
                return g_variant_new_array(G_VARIANT_TYPE(contents), values, children->len);
        case SD_BUS_TYPE_STRUCT:
                return g_variant_new_tuple(values, children->len);
        case SD_BUS_TYPE_DICT_ENTRY:
                return children->len == 2 ? g_variant_new_dict_entry(values[0], values[1]) : NULL;
        case SD_BUS_TYPE_VARIANT:
                return children->len == 1 ? g_variant_new_variant(values[0]) : NULL;
        }
        return NULL;
}

static int message_read_container(sd_bus_message *message, char type, const char *contents,
                                  GVariant **ret) {
        g_autofree char *inner = g_strdup(contents); /* the message's may move */
        int r = sd_bus_message_enter_container(message, type, inner);
        if (r <= 0)
                return r < 0 ? r : -EBADMSG;
        g_autoptr(GPtrArray) children = NULL;
        r = message_read_children(message, &children);
        if (r < 0)
                return r;
        r = sd_bus_message_exit_container(message);
        if (r < 0)
                return r;
        GVariant *value = container_new(type, inner, children);
        if (!value)
                return -EBADMSG;
        *ret = g_variant_ref_sink(value);
        return 0;
}

static int message_read_string(sd_bus_message *message, char type, GVariant **ret) {
        const char *string;
        int r = sd_bus_message_read_basic(message, type, &string);
        if (r <= 0)
                return r < 0 ? r : -EBADMSG;
        GVariant *value = type == SD_BUS_TYPE_STRING        ? g_variant_new_string(string)
                          : type == SD_BUS_TYPE_OBJECT_PATH ? g_variant_new_object_path(string)
                                                            : g_variant_new_signature(string);
        *ret = g_variant_ref_sink(value);
        return 0;
}

static int message_read_boolean(sd_bus_message *message, GVariant **ret) {
        int boolean;
        int r = sd_bus_message_read_basic(message, SD_BUS_TYPE_BOOLEAN, &boolean);
        if (r <= 0)
                return r < 0 ? r : -EBADMSG;
        *ret = g_variant_ref_sink(g_variant_new_boolean(boolean));
        return 0;
}

/* Numbers have the same letters and the same layout on both sides. */
static int message_read_number(sd_bus_message *message, char type, size_t size, GVariant **ret) {
        uint64_t number;
        int r = sd_bus_message_read_basic(message, type, &number);
        if (r <= 0)
                return r < 0 ? r : -EBADMSG;
        const char letter[] = { type, '\0' };
        g_autoptr(GBytes) bytes = g_bytes_new(&number, size);
        *ret = g_variant_ref_sink(g_variant_new_from_bytes(G_VARIANT_TYPE(letter), bytes, true));
        return 0;
}

static int message_read_value(sd_bus_message *message, GVariant **ret) {
        char type;
        const char *contents;
        int r = sd_bus_message_peek_type(message, &type, &contents);
        if (r <= 0)
                return r < 0 ? r : -EBADMSG;
        switch (type) {
        case SD_BUS_TYPE_ARRAY:
        case SD_BUS_TYPE_STRUCT:
        case SD_BUS_TYPE_DICT_ENTRY:
        case SD_BUS_TYPE_VARIANT:
                return message_read_container(message, type, contents, ret);
        case SD_BUS_TYPE_STRING:
        case SD_BUS_TYPE_OBJECT_PATH:
        case SD_BUS_TYPE_SIGNATURE:
                return message_read_string(message, type, ret);
        case SD_BUS_TYPE_BOOLEAN:
                return message_read_boolean(message, ret);
        case SD_BUS_TYPE_BYTE:
                return message_read_number(message, type, 1, ret);
        case SD_BUS_TYPE_INT16:
        case SD_BUS_TYPE_UINT16:
                return message_read_number(message, type, 2, ret);
        case SD_BUS_TYPE_INT32:
        case SD_BUS_TYPE_UINT32:
                return message_read_number(message, type, 4, ret);
        case SD_BUS_TYPE_INT64:
        case SD_BUS_TYPE_UINT64:
        case SD_BUS_TYPE_DOUBLE:
                return message_read_number(message, type, 8, ret);
        case SD_BUS_TYPE_UNIX_FD:
                return -EOPNOTSUPP;
        }
        return -EBADMSG;
}

int message_read_body(sd_bus_message *message, GVariant **ret) {
        g_autoptr(GPtrArray) children = NULL;
        int r = message_read_children(message, &children);
        if (r < 0)
                return r;
        *ret = g_variant_ref_sink(g_variant_new_tuple((GVariant **)children->pdata, children->len));
        return 0;
}
