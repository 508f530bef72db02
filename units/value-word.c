/* SPDX-License-Identifier: MIT */
/* Names that have rules of their own: slices, names on the message bus, hashes. */
#include <string.h>

#include "unit-name.h"
#include "value-process.h"

#define CHECKED(identifier, label, check_, what_)                                                  \
        static int parse_##identifier(const DirectiveContext *context, const Directive *directive, \
                                      void *field, const char *value) {                            \
                return value_parse_checked(context, field, value, check_, what_);                  \
        }                                                                                          \
        const ValueType value_##identifier = {                                                     \
                .name = label,                                                                     \
                .size = sizeof(char *),                                                            \
                .parse = parse_##identifier,                                                       \
                .clear = value_string_clear,                                                       \
                .equal = value_string_equal,                                                       \
                .show = value_string_show,                                                         \
        }

static bool is_slice(const char *word) {
        return g_str_has_suffix(word, ".slice") && unit_name_is_foreign(word);
}

/* Two parts at least, none of them empty or beginning with a digit. */
static bool is_bus_name(const char *word) {
        g_auto(GStrv) parts = g_strsplit(word, ".", -1);

        for (char **part = parts; *part; part++) {
                if (!**part || g_ascii_isdigit(**part))
                        return false;
                for (const char *p = *part; *p; p++)
                        if (!g_ascii_isalnum(*p) && *p != '_' && *p != '-')
                                return false;
        }
        return strlen(word) <= 255 && g_strv_length(parts) >= 2;
}

/* It becomes a part of a unit's name and of a file's. */
static bool is_log_namespace(const char *word) {
        if (!word[0] || strlen(word) > 200 || word[0] == '.')
                return false;
        for (const char *p = word; *p; p++)
                if (!g_ascii_isalnum(*p) && !strchr(":-_.@", *p))
                        return false;
        return true;
}

static bool is_root_hash(const char *word) {
        size_t length = strlen(word);

        if (word[0] == '/')
                return true;
        for (size_t i = 0; i < length; i++)
                if (!g_ascii_isxdigit(word[i]))
                        return false;
        return length >= 32 && length % 2 == 0;
}

static bool is_root_hash_signature(const char *word) {
        return word[0] == '/' || g_str_has_prefix(word, "base64:");
}

CHECKED(slice, "name of a slice", is_slice, "the name of a .slice");
CHECKED(bus_name, "name on the message bus", is_bus_name,
        "a name on the message bus: org.example.Service");
CHECKED(log_namespace, "name", is_log_namespace, "a name: letters, digits and :-_.@");
CHECKED(root_hash, "hash, or path", is_root_hash,
        "a hash of 32 or more hexadecimal digits, or an absolute path");
CHECKED(root_hash_signature, "base64, or path", is_root_hash_signature,
        "'base64:' and a signature, or an absolute path");
