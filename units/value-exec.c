/* SPDX-License-Identifier: MIT */
/* ExecStart=: prefixes, the program, its arguments (systemd.service(5), "Command lines"). */
#include <string.h>

#include "value.h"
#include "word.h"

typedef struct ExecPrefixes {
        bool ignore_failure; /* "-" */
        bool other_name;     /* "@": the next word is argv[0] */
        bool verbatim;       /* ":": $VAR isn't expanded */
} ExecPrefixes;

static void exec_command_free(ExecCommand *command) {
        if (!command)
                return;
        g_free(command->path);
        g_strfreev(command->argv);
        g_free(command);
}

/* Returns: what follows the prefixes, or NULL with a diagnostic. */
static const char *take_prefixes(const DirectiveContext *context, const char *word,
                                 ExecPrefixes *ret) {
        for (;; word++) {
                bool *flag = *word == '-'   ? &ret->ignore_failure
                             : *word == '@' ? &ret->other_name
                             : *word == ':' ? &ret->verbatim
                                            : NULL;

                if (*word == '+' || *word == '!') {
                        value_warn(context, "the prefix '%c' is known to systemd, not honoured yet",
                                   *word);
                        continue;
                }
                if (!flag)
                        return word;
                if (*flag) {
                        value_error(context, "the prefix '%c' is given twice", *word);
                        return NULL;
                }
                *flag = true;
        }
}

/* An absolute path, or a plain name for the search path. */
static int take_program(const DirectiveContext *context, const char *word, char **ret) {
        g_autofree char *program = NULL;
        int r;

        if (word[0] == '/')
                return value_expand_path(context, word, ret);
        r = value_expand(context, word, &program);
        if (r < 0)
                return r;
        if (program[0] == '/')
                return value_expand_path(context, word, ret);
        if (!program[0] || strchr(program, '/') || !strcmp(program, ".") || !strcmp(program, ".."))
                return value_is_not(context, program, "an absolute path or a plain program name");
        *ret = g_steal_pointer(&program);
        return 0;
}

/* "$" is doubled where it shall not be expanded when the command is run. */
static char *protect_dollars(char *argument) {
        g_auto(GStrv) parts = NULL;

        if (!strchr(argument, '$'))
                return argument;
        parts = g_strsplit(argument, "$", -1);
        g_free(argument);
        return g_strjoinv("$$", parts);
}

static bool word_ends(const char *p) {
        return *p == '\0' || *p == ' ' || *p == '\t';
}

/* The next argument, unexpanded, into word. Returns: as word_next(), with a diagnostic. */
static int next_argument(const DirectiveContext *context, const char **p, GString *word) {
        bool relaxed = false;
        const char *why;
        int r;

        *p += strspn(*p, " \t");
        if ((*p)[0] == ';' && word_ends(*p + 1))
                return value_error(context, "';' begins another command, which needs Type=oneshot, "
                                            "known to systemd, not honoured yet; a semicolon is "
                                            "written '\\;'");
        if ((*p)[0] == '\\' && (*p)[1] == ';' && word_ends(*p + 2)) {
                g_string_assign(word, ";");
                *p += 2;
                return 1;
        }
        r = word_next(p, WORD_RELAX, word, &relaxed, &why);
        if (r < 0)
                return value_error(context, "%s", why);
        if (relaxed)
                value_warn(context, "an unknown escape sequence is left as it is");
        return r;
}

static int take_arguments(const DirectiveContext *context, const char *p,
                          const ExecPrefixes *prefixes, GString *word, GPtrArray *argv) {
        int r;

        while ((r = next_argument(context, &p, word)) > 0) {
                char *argument;

                r = value_expand(context, word->str, &argument);
                if (r < 0)
                        return r;
                if (prefixes->verbatim)
                        argument = protect_dollars(argument);
                g_ptr_array_add(argv, argument);
        }
        return r;
}

/* The array, no larger than it need be. */
static GStrv take_strv(GPtrArray *array) {
        GStrv strv = g_new(char *, array->len + 1);

        memcpy(strv, array->pdata, array->len * sizeof(char *));
        strv[array->len] = NULL;
        g_ptr_array_set_free_func(array, NULL);
        return strv;
}

static int parse_command(const DirectiveContext *context, const char *value, char **ret_path,
                         GPtrArray *argv, ExecPrefixes *ret_prefixes) {
        g_autoptr(GString) word = g_string_new(NULL);
        const char *program;
        int r;

        r = next_argument(context, &value, word);
        if (r < 0)
                return r;
        program = take_prefixes(context, word->str, ret_prefixes);
        if (!program)
                return -EINVAL;
        r = take_program(context, program, ret_path);
        if (r < 0)
                return r;
        if (!ret_prefixes->other_name)
                g_ptr_array_add(argv, g_strdup(*ret_path));
        r = take_arguments(context, value, ret_prefixes, word, argv);
        if (r < 0)
                return r;
        if (argv->len == 0)
                return value_error(context, "'@' needs another word: the program's argv[0]");
        return 0;
}

static int parse_exec(const DirectiveContext *context, const Directive *directive, void *field,
                      const char *value) {
        g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *path = NULL;
        ExecPrefixes prefixes = { 0 };
        ExecCommand **command = field;
        int r;

        if (*command)
                return value_error(context,
                                   "line %u has one already: several commands need "
                                   "Type=oneshot, known to systemd, not honoured yet",
                                   (*command)->line);
        r = parse_command(context, value, &path, argv, &prefixes);
        if (r < 0)
                return r;
        *command = g_new(ExecCommand, 1);
        **command = (ExecCommand){
                .path = g_steal_pointer(&path),
                .argv = take_strv(argv),
                .ignore_failure = prefixes.ignore_failure,
                .line = context->line,
        };
        return 0;
}

static void clear_exec(void *field) {
        g_clear_pointer((ExecCommand **)field, exec_command_free);
}

static gboolean exec_equal(const void *a, const void *b) {
        const ExecCommand *x = *(ExecCommand *const *)a, *y = *(ExecCommand *const *)b;

        if (!x || !y)
                return x == y;
        return x->ignore_failure == y->ignore_failure && !strcmp(x->path, y->path) &&
               g_strv_equal((const char *const *)x->argv, (const char *const *)y->argv);
}

/* As the beginning of systemd's: path, argv, whether a failure is ignored. */
static GVariant *show_exec(const UnitSettings *settings, const Directive *directive,
                           const void *field) {
        const ExecCommand *command = *(ExecCommand *const *)field;
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE("a(sasb)"));
        if (command) {
                g_autofree char *path = g_utf8_make_valid(command->path, -1);

                g_variant_builder_add(&builder, "(s@asb)", path,
                                      value_strv_show(settings, directive, &command->argv),
                                      command->ignore_failure);
        }
        return g_variant_builder_end(&builder);
}

const ValueType value_exec = {
        .name = "command line",
        .size = sizeof(ExecCommand *),
        .parse = parse_exec,
        .clear = clear_exec,
        .equal = exec_equal,
        .show = show_exec,
};
