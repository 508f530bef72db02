/* SPDX-License-Identifier: MIT */
/* Words, quotes and escapes. */
#include "word.h"

#include <errno.h>
#include <string.h>

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Reads digits of a base. Returns: the number; 0 (which is never allowed) if there are too few. */
static guint32 scan_digits(const char *p, int count, int base) {
        guint32 number = 0;

        for (int i = 0; i < count; i++) {
                int digit = g_ascii_xdigit_value(p[i]);

                if (digit < 0 || digit >= base)
                        return 0;
                number = number * (guint32)base + (guint32)digit;
        }
        return number;
}

/* A byte (\x, octal) goes in as it is, a code point (\u, \U) as UTF-8. */
static int undo_number(const char *p, int skip, int digits, int base, GString *word) {
        guint32 number = scan_digits(p + skip, digits, base);

        if (number == 0)
                return -EINVAL;
        if (digits <= 3) {
                if (number > 255)
                        return -EINVAL;
                g_string_append_c(word, (char)number);
        } else {
                if (!g_unichar_validate(number))
                        return -EINVAL;
                g_string_append_unichar(word, number);
        }
        return skip + digits;
}

int escape_undo(const char *p, GString *word) {
        static const char from[] = "abfnrtv\\\"'s", to[] = "\a\b\f\n\r\t\v\\\"' ";
        const char *found = *p ? strchr(from, *p) : NULL;

        if (found) {
                g_string_append_c(word, to[found - from]);
                return 1;
        }
        switch (*p) {
        case 'x':
                return undo_number(p, 1, 2, 16, word);
        case 'u':
                return undo_number(p, 1, 4, 16, word);
        case 'U':
                return undo_number(p, 1, 8, 16, word);
        default:
                return undo_number(p, 0, 3, 8, word);
        }
}

/* What follows a backslash. Returns: the bytes it took, or -EINVAL. */
static int take_escape(const char *p, WordEscapes escapes, GString *word, bool *ret_relaxed,
                       const char **ret_why) {
        int length = escapes == WORD_RETAIN ? -EINVAL : escape_undo(p, word);

        if (length >= 0)
                return length;
        if (escapes == WORD_STRICT) {
                *ret_why = *p ? "there is an unknown escape sequence"
                              : "there is nothing after the last backslash";
                return -EINVAL;
        }
        if (ret_relaxed && escapes == WORD_RELAX)
                *ret_relaxed = true;
        g_string_append_c(word, '\\');
        if (escapes == WORD_RETAIN || !*p)
                return 0;
        /* It stays, and what is behind it is nothing special: a blank ends no word. */
        g_string_append_c(word, *p);
        return 1;
}

int word_next(const char **pointer, WordEscapes escapes, GString *word, bool *ret_relaxed,
              const char **ret_why) {
        const char *p = *pointer;
        char quote = '\0';

        g_string_truncate(word, 0);
        while (is_blank(*p))
                p++;
        *pointer = p;
        if (!*p)
                return 0;
        for (; *p && (quote || !is_blank(*p)); p++) {
                if (*p == '\\') {
                        int length = take_escape(p + 1, escapes, word, ret_relaxed, ret_why);

                        if (length < 0)
                                return length;
                        p += length;
                } else if (quote ? *p == quote : *p == '"' || *p == '\'') {
                        quote = quote ? '\0' : *p;
                } else {
                        g_string_append_c(word, *p);
                }
        }
        if (quote) {
                *ret_why = quote == '"' ? "a double quote is not closed"
                                        : "a single quote is not closed";
                return -EINVAL;
        }
        *pointer = p;
        return 1;
}
