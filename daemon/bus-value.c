/* SPDX-License-Identifier: MIT */
/* GVariant's types are those of D-Bus and maybe; so this is one walk over a value. */
#include "bus-value.h"

#include "macros.h"

static int value_append_children(sd_bus_message *message, GVariant *value) {
        size_t count = g_variant_n_children(value);
        for (size_t i = 0; i < count; i++) {
                g_autoptr(GVariant) child = g_variant_get_child_value(value, i);
                int r = bus_value_append(message, child);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int value_append_container(sd_bus_message *message, char type, const char *contents,
                                  GVariant *value) {
        int r = sd_bus_message_open_container(message, type, contents);
        if (r >= 0)
                r = value_append_children(message, value);
        if (r >= 0)
                r = sd_bus_message_close_container(message);
        return r < 0 ? r : 0;
}

/* "(si)" is a container of "si", "{sv}" of "sv", "as" of "s", "v" of whatever is in it. */
static int value_append_nested(sd_bus_message *message, char type, GVariant *value) {
        g_autofree char *contents = g_strdup(g_variant_get_type_string(value));
        if (type == SD_BUS_TYPE_ARRAY)
                return value_append_container(message, type, contents + 1, value);
        contents[strlen(contents) - 1] = '\0';
        return value_append_container(message, type, contents + 1, value);
}

static int value_append_variant(sd_bus_message *message, GVariant *value) {
        g_autoptr(GVariant) inner = g_variant_get_variant(value);
        return value_append_container(message, SD_BUS_TYPE_VARIANT,
                                      g_variant_get_type_string(inner), value);
}

static int value_append_basic(sd_bus_message *message, char type, const void *data) {
        int r = sd_bus_message_append_basic(message, type, data);
        return r < 0 ? r : 0;
}

int bus_value_append(sd_bus_message *message, GVariant *value) {
        GVariantClass type = g_variant_classify(value);
        switch (type) {
        case G_VARIANT_CLASS_BOOLEAN: {
                int boolean = g_variant_get_boolean(value);
                return value_append_basic(message, SD_BUS_TYPE_BOOLEAN, &boolean);
        }
        case G_VARIANT_CLASS_BYTE:
        case G_VARIANT_CLASS_INT16:
        case G_VARIANT_CLASS_UINT16:
        case G_VARIANT_CLASS_INT32:
        case G_VARIANT_CLASS_UINT32:
        case G_VARIANT_CLASS_INT64:
        case G_VARIANT_CLASS_UINT64:
        case G_VARIANT_CLASS_DOUBLE:
                return value_append_basic(message, (char)type, g_variant_get_data(value));
        case G_VARIANT_CLASS_STRING:
        case G_VARIANT_CLASS_OBJECT_PATH:
        case G_VARIANT_CLASS_SIGNATURE:
                return value_append_basic(message, (char)type, g_variant_get_string(value, NULL));
        case G_VARIANT_CLASS_VARIANT:
                return value_append_variant(message, value);
        case G_VARIANT_CLASS_ARRAY:
                return value_append_nested(message, SD_BUS_TYPE_ARRAY, value);
        case G_VARIANT_CLASS_TUPLE:
                return value_append_nested(message, SD_BUS_TYPE_STRUCT, value);
        case G_VARIANT_CLASS_DICT_ENTRY:
                return value_append_nested(message, SD_BUS_TYPE_DICT_ENTRY, value);
        case G_VARIANT_CLASS_HANDLE:
                return -EOPNOTSUPP;
        case G_VARIANT_CLASS_MAYBE:
                return -EINVAL;
        }
        return -EINVAL;
}

int bus_value_append_body(sd_bus_message *message, GVariant *tuple) {
        return value_append_children(message, tuple);
}
