/* SPDX-License-Identifier: MIT */
/* StandardInput= and the text that may be it. */
#include <string.h>

#include "value-process.h"
#include "word.h"

/* Beyond this it is no setting any more; systemd has the same limit. */
#define INPUT_MAX ((size_t)64 * 1024 * 1024)

static const char no_terminal[] = "not honoured: taken for 'null'";

static const EnumName input_names[] = {
        { "null", INPUT_NULL, NULL },
        { "data", INPUT_DATA, NULL },
        { "file:", INPUT_FILE, NULL },
        { "socket", INPUT_SOCKET, NULL },
        { "tty", INPUT_NULL, no_terminal },
        { "tty-force", INPUT_NULL, no_terminal },
        { "tty-fail", INPUT_NULL, no_terminal },
        { "fd:", INPUT_NULL, no_terminal },
        { "fd", INPUT_SOCKET, "taken for 'socket'" },
        { NULL, 0, NULL },
};

static const EnumName *input_find(const char *value, const char **ret_text) {
        for (const EnumName *name = input_names; name->name; name++) {
                size_t length = strlen(name->name);
                bool takes_text = name->name[length - 1] == ':';

                if (strncmp(value, name->name, length) || (!takes_text && value[length]))
                        continue;
                *ret_text = takes_text ? value + length : NULL;
                return name;
        }
        return NULL;
}

static int parse_input(const DirectiveContext *context, const Directive *directive, void *field,
                       const char *value) {
        const char *text;
        const EnumName *found = input_find(value, &text);
        Input *input = field;
        char *path = NULL;
        int r;

        if (!found)
                return value_is_not(context, value, "one of null, data, socket, file:PATH");
        if (found->note)
                value_warn(context, "'%s' is %s", value, found->note);
        if (found->value == INPUT_FILE) {
                r = value_expand_path(context, text, &path);
                if (r < 0)
                        return r;
        }
        g_free(input->path);
        *input = (Input){ .kind = (InputKind)found->value, .path = path };
        return 0;
}

static void clear_input(void *field) {
        Input *input = field;

        g_clear_pointer(&input->path, g_free);
}

static gboolean input_equal(const void *a, const void *b) {
        const Input *x = a, *y = b;

        return x->kind == y->kind && g_strcmp0(x->path, y->path) == 0;
}

static GVariant *show_input(const UnitSettings *settings, const Directive *directive,
                            const void *field) {
        const Input *input = field;

        return g_variant_new_take_string(g_strconcat(enum_to_string(input_names, (int)input->kind),
                                                     input->path ? input->path : "", NULL));
}

const ValueType value_input = {
        .name = "null, data, socket or file:PATH",
        .size = sizeof(Input),
        .parse = parse_input,
        .clear = clear_input,
        .equal = input_equal,
        .show = show_input,
};

/* ---- what is read from it: a GBytes * ---- */

static int input_append(const DirectiveContext *context, GBytes **bytes, const void *data,
                        size_t length) {
        size_t old_length = 0;
        const void *old = *bytes ? g_bytes_get_data(*bytes, &old_length) : NULL;
        char *both;

        if (old_length + length > INPUT_MAX)
                return value_error(context, "the input has more than %zu MiB", INPUT_MAX >> 20);
        both = g_malloc(old_length + length + 1);
        if (old_length > 0)
                memcpy(both, old, old_length);
        if (length > 0)
                memcpy(both + old_length, data, length);
        g_clear_pointer(bytes, g_bytes_unref);
        *bytes = g_bytes_new_take(both, old_length + length);
        return 0;
}

/* One line of it: C escapes are undone, specifiers expanded. */
static int parse_input_text(const DirectiveContext *context, const Directive *directive,
                            void *field, const char *value) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree char *expanded = NULL;
        int r;

        for (const char *p = value; *p;) {
                int length = *p == '\\' ? escape_undo(p + 1, text) : 0;

                if (length < 0)
                        return value_is_not(context, value, "a text with C escapes");
                if (length == 0)
                        g_string_append_c(text, *p);
                p += 1 + length;
        }
        r = value_expand(context, text->str, &expanded);
        if (r < 0)
                return r;
        g_string_assign(text, expanded);
        g_string_append_c(text, '\n');
        return input_append(context, field, text->str, text->len);
}

static bool is_base64(const char *value, size_t *ret_significant) {
        size_t count = 0, padding = 0;

        for (const char *p = value; *p; p++) {
                if (g_ascii_isspace(*p))
                        continue;
                if (*p == '=')
                        padding++;
                else if (padding > 0 || !(g_ascii_isalnum(*p) || *p == '+' || *p == '/'))
                        return false;
                count++;
        }
        *ret_significant = count;
        return padding <= 2 && count % 4 == 0;
}

static int parse_input_data(const DirectiveContext *context, const Directive *directive,
                            void *field, const char *value) {
        g_autofree unsigned char *data = NULL;
        size_t length, count;

        if (!is_base64(value, &count))
                return value_is_not(context, value, "base64");
        data = g_base64_decode(value, &length);
        return input_append(context, field, data, length);
}

static void clear_bytes(void *field) {
        g_clear_pointer((GBytes **)field, g_bytes_unref);
}

static gboolean bytes_equal(const void *a, const void *b) {
        GBytes *x = *(GBytes *const *)a, *y = *(GBytes *const *)b;

        if (!x || !y)
                return x == y;
        return g_bytes_equal(x, y);
}

static GVariant *show_bytes(const UnitSettings *settings, const Directive *directive,
                            const void *field) {
        GBytes *bytes = *(GBytes *const *)field;
        size_t length = 0;
        const unsigned char *data = bytes ? g_bytes_get_data(bytes, &length) : NULL;

        return g_variant_new_take_string(length > 0 ? g_base64_encode(data, length) : g_strdup(""));
}

#define BYTES_VALUE(label, parser)                                                              \
        {                                                                                       \
                .name = label, .size = sizeof(GBytes *), .parse = parser, .clear = clear_bytes, \
                .equal = bytes_equal, .show = show_bytes,                                       \
        }
const ValueType value_input_text = BYTES_VALUE("line of text", parse_input_text);
const ValueType value_input_data = BYTES_VALUE("base64", parse_input_data);
