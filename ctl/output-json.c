/* SPDX-License-Identifier: MIT */
/* Values of the manager's as JSON, and as the text of a single field. */
#include <json-glib/json-glib.h>
#include <stdio.h>

#include "output.h"

/* Each of these returns a reference of the caller's. */
static GVariant *value_normalise(GVariant *value);

static int entry_compare(gconstpointer a, gconstpointer b) {
        GVariant *const *left = a, *const *right = b;
        g_autoptr(GVariant) left_key = g_variant_get_child_value(*left, 0);
        g_autoptr(GVariant) right_key = g_variant_get_child_value(*right, 0);
        return g_variant_compare(left_key, right_key);
}

static void variant_destroy(gpointer variant) {
        g_variant_unref(variant);
}

/* The children, normalised; those of a dictionary in the order of its keys, because the manager's
 * is that of a hash table. */
static GVariant *array_normalise(GVariant *value) {
        g_autoptr(GPtrArray) children = g_ptr_array_new_with_free_func(variant_destroy);
        const GVariantType *type = g_variant_type_element(g_variant_get_type(value));
        size_t count = g_variant_n_children(value);
        for (size_t i = 0; i < count; i++) {
                g_autoptr(GVariant) child = g_variant_get_child_value(value, i);
                g_ptr_array_add(children, value_normalise(child));
        }
        if (g_variant_type_equal(type, G_VARIANT_TYPE("{sv}")))
                g_ptr_array_sort(children, entry_compare);
        return g_variant_ref_sink(
                g_variant_new_array(type, (GVariant **)children->pdata, children->len));
}

static GVariant *entry_normalise(GVariant *value) {
        g_autoptr(GVariant) key = g_variant_get_child_value(value, 0);
        g_autoptr(GVariant) content = g_variant_get_child_value(value, 1);
        g_autoptr(GVariant) normal = value_normalise(content);
        return g_variant_ref_sink(g_variant_new_dict_entry(key, normal));
}

/* The numbers of JSON are signed here: one beyond them is written as a string of its digits, and
 * the "never" of unsigned times by its name. */
static GVariant *variant_normalise(GVariant *value) {
        g_autoptr(GVariant) inner = g_variant_get_variant(value);
        if (g_variant_is_of_type(inner, G_VARIANT_TYPE_UINT64) &&
            g_variant_get_uint64(inner) > INT64_MAX)
                return g_variant_ref_sink(
                        g_variant_new_variant(g_variant_new_take_string(output_value_text(inner))));
        g_autoptr(GVariant) normal = value_normalise(inner);
        return g_variant_ref_sink(g_variant_new_variant(normal));
}

static GVariant *value_normalise(GVariant *value) {
        const GVariantType *type = g_variant_get_type(value);
        if (g_variant_type_is_variant(type))
                return variant_normalise(value);
        if (g_variant_type_is_dict_entry(type))
                return entry_normalise(value);
        if (g_variant_type_is_array(type))
                return array_normalise(value);
        return g_variant_ref(value);
}

static char *value_to_json(GVariant *value, bool pretty) {
        g_autoptr(GVariant) normal = value_normalise(value);
        g_autoptr(JsonNode) node = json_gvariant_serialize(normal);
        return json_to_string(node, pretty);
}

void output_json(const Ctl *ctl, GVariant *value) {
        g_autofree char *text = value_to_json(value, ctl->json == JSON_PRETTY);
        printf("%s\n", text);
}

void output_json_units(const Ctl *ctl, const GPtrArray *units, bool several) {
        GVariantBuilder array;
        g_variant_builder_init(&array, G_VARIANT_TYPE("aa{sv}"));
        for (guint i = 0; i < units->len; i++)
                g_variant_builder_add_value(&array, units->pdata[i]);
        g_autoptr(GVariant) all = g_variant_ref_sink(g_variant_builder_end(&array));
        if (several)
                output_json(ctl, all);
        else if (units->len > 0)
                output_json(ctl, units->pdata[0]);
}

static char *strings_join(GVariant *value) {
        g_autofree const char **strings = g_variant_get_strv(value, NULL);
        return g_strjoinv(" ", (char **)strings);
}

char *output_value_text(GVariant *value) {
        if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
                return g_variant_dup_string(value, NULL);
        if (g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN))
                return g_strdup(g_variant_get_boolean(value) ? "yes" : "no");
        if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY))
                return strings_join(value);
        if (g_variant_is_of_type(value, G_VARIANT_TYPE_UINT64) &&
            g_variant_get_uint64(value) == UINT64_MAX)
                return g_strdup("infinity");
        if (g_variant_is_container(value))
                return value_to_json(value, false);
        return g_variant_print(value, false);
}
