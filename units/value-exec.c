/* SPDX-License-Identifier: MIT */
/* Exec*=: prefixes, the program, its arguments, ";" (systemd.service(5), "Command lines"). */
#include <string.h>

#include "value.h"
#include "word.h"

/* What a word may begin with. A field of ExecCommand each, but for "@". */
typedef struct ExecPrefix {
        const char *text;
        const char *flag; /* as systemctl shows it */
        size_t offset;
} ExecPrefix;

static const ExecPrefix exec_prefixes[] = {
        { "-", "ignore-failure", offsetof(ExecCommand, ignore_failure) },
        { ":", "no-env-expand", offsetof(ExecCommand, no_expand) },
        { "+", "privileged", offsetof(ExecCommand, full_privileges) },
        { "!!", "ambient", offsetof(ExecCommand, ambient) },
        { "!", "no-setuid", offsetof(ExecCommand, no_setuid) },
};

static const bool *exec_flag(const ExecCommand *command, const ExecPrefix *prefix) {
        return (const bool *)((const char *)command + prefix->offset);
}

static void exec_command_free(void *pointer) {
        ExecCommand *command = pointer;

        if (!command)
                return;
        if (!command->argv || command->path != command->argv[0])
                g_free(command->path);
        g_strfreev(command->argv);
        g_free(command);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ExecCommand, exec_command_free)

static const ExecPrefix *find_prefix(const char *word) {
        for (size_t i = 0; i < ARRAY_SIZE(exec_prefixes); i++)
                if (g_str_has_prefix(word, exec_prefixes[i].text))
                        return &exec_prefixes[i];
        return NULL;
}

/* Who the process is can be said once. */
static bool exec_has_privileges(const ExecCommand *command) {
        return command->full_privileges || command->no_setuid || command->ambient;
}

static int take_prefix(const DirectiveContext *context, const ExecPrefix *prefix,
                       ExecCommand *command) {
        bool *flag = (bool *)exec_flag(command, prefix);

        if (*flag)
                return value_error(context, "the prefix '%s' is given twice", prefix->text);
        if ((prefix->text[0] == '+' || prefix->text[0] == '!') && exec_has_privileges(command))
                return value_error(context, "of the prefixes '+', '!' and '!!' there can be one");
        *flag = true;
        return 0;
}

/* Returns: what follows the prefixes, or NULL with a diagnostic. */
static const char *take_prefixes(const DirectiveContext *context, const char *word,
                                 ExecCommand *command, bool *ret_other_name) {
        const ExecPrefix *prefix;

        *ret_other_name = false;
        while ((prefix = find_prefix(word)) || *word == '@') {
                if (prefix && take_prefix(context, prefix, command) < 0)
                        return NULL;
                if (!prefix && *ret_other_name) {
                        value_error(context, "the prefix '@' is given twice");
                        return NULL;
                }
                *ret_other_name |= !prefix;
                word += prefix ? strlen(prefix->text) : 1;
        }
        return word;
}

/* An absolute path, or a plain name for the search path. */
static int take_program(const DirectiveContext *context, const char *word, char **ret) {
        g_autofree char *program = NULL;
        int r;

        if (word[0] == '/')
                return value_expand_program(context, word, ret);
        r = value_expand(context, word, &program);
        if (r < 0)
                return r;
        if (program[0] == '/')
                return value_expand_program(context, word, ret);
        if (!program[0] || strchr(program, '/') || !strcmp(program, ".") || !strcmp(program, ".."))
                return value_is_not(context, program, "an absolute path or a plain program name");
        *ret = g_steal_pointer(&program);
        return 0;
}

static bool word_ends(const char *p) {
        return *p == '\0' || *p == ' ' || *p == '\t';
}

/* The next argument of a command, unexpanded, into word. Returns: 1; 0 at the command's end; or
 * -EINVAL with a diagnostic. */
static int next_argument(const DirectiveContext *context, const char **p, GString *word) {
        bool relaxed = false;
        const char *why;
        int r;

        *p += strspn(*p, " \t");
        if ((*p)[0] == ';' && word_ends(*p + 1)) {
                (*p)++;
                return 0;
        }
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

static int take_arguments(const DirectiveContext *context, const char **p, GString *word,
                          GPtrArray *argv) {
        int r;

        while ((r = next_argument(context, p, word)) > 0) {
                char *argument;

                r = value_expand(context, word->str, &argument);
                if (r < 0)
                        return r;
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

/* One command; *p is moved behind it and its ";". word is what it works with. Returns: 1; 0: there
 * is nothing before the ";"; or -EINVAL with a diagnostic. */
static int parse_command(const DirectiveContext *context, const char **p, GString *word,
                         ExecCommand *command) {
        g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
        const char *program;
        bool other_name;
        int r;

        r = next_argument(context, p, word);
        if (r <= 0)
                return r;
        program = take_prefixes(context, word->str, command, &other_name);
        if (!program)
                return -EINVAL;
        r = take_program(context, program, &command->path);
        if (r < 0)
                return r;
        r = take_arguments(context, p, word, argv);
        if (r < 0)
                return r;
        if (!other_name)
                g_ptr_array_insert(argv, 0, command->path);
        else if (argv->len == 0)
                return value_error(context, "'@' needs another word: the program's argv[0]");
        command->argv = take_strv(argv);
        return 1;
}

/* All commands of a line, or none of them. Between two ";" there may be none, as in systemd. */
static int parse_line(const DirectiveContext *context, const char *value, GPtrArray *commands) {
        g_autoptr(GString) word = g_string_new(NULL);

        while (*(value += strspn(value, " \t"))) {
                g_autoptr(ExecCommand) command = g_new0(ExecCommand, 1);
                int r;

                command->line = context->line;
                command->file = (uint16_t)context->file_number;
                r = parse_command(context, &value, word, command);
                if (r < 0)
                        return r;
                if (r > 0)
                        g_ptr_array_add(commands, g_steal_pointer(&command));
        }
        return 0;
}

static bool command_equal(const ExecCommand *a, const ExecCommand *b) {
        for (size_t i = 0; i < ARRAY_SIZE(exec_prefixes); i++)
                if (*exec_flag(a, &exec_prefixes[i]) != *exec_flag(b, &exec_prefixes[i]))
                        return false;
        return !strcmp(a->path, b->path) &&
               g_strv_equal((const char *const *)a->argv, (const char *const *)b->argv);
}

/* As systemd's ExecStartEx: path, argv, the names of its flags. */
static void show_command(GVariantBuilder *builder, const UnitSettings *settings,
                         const Directive *directive, const ExecCommand *command) {
        g_autofree char *path = g_utf8_make_valid(command->path, -1);
        GVariantBuilder flags;

        g_variant_builder_init(&flags, G_VARIANT_TYPE_STRING_ARRAY);
        for (size_t i = 0; i < ARRAY_SIZE(exec_prefixes); i++)
                if (*exec_flag(command, &exec_prefixes[i]))
                        g_variant_builder_add(&flags, "s", exec_prefixes[i].flag);
        g_variant_builder_add(builder, "(s@asas)", path,
                              value_strv_show(settings, directive, &command->argv), &flags);
}

static int parse_commands(const DirectiveContext *context, const Directive *directive, void *field,
                          const char *value) {
        g_autoptr(GPtrArray) commands = g_ptr_array_new_with_free_func(exec_command_free);
        GPtrArray **list = field;
        int r;

        r = parse_line(context, value, commands);
        if (r < 0 || commands->len == 0)
                return r;
        if (!*list)
                *list = g_ptr_array_new_with_free_func(exec_command_free);
        if ((*list)->len + commands->len > VALUE_LIST_MAX)
                return value_error(context, "there are more than %d commands", VALUE_LIST_MAX);
        g_ptr_array_extend_and_steal(*list, g_steal_pointer(&commands));
        return 0;
}

static void clear_commands(void *field) {
        g_clear_pointer((GPtrArray **)field, g_ptr_array_unref);
}

static gboolean commands_equal(const void *a, const void *b) {
        const GPtrArray *x = *(GPtrArray *const *)a, *y = *(GPtrArray *const *)b;
        guint n = x ? x->len : 0;

        if (n != (y ? y->len : 0))
                return FALSE;
        for (guint i = 0; i < n; i++)
                if (!command_equal(x->pdata[i], y->pdata[i]))
                        return FALSE;
        return TRUE;
}

static GVariant *show_commands(const UnitSettings *settings, const Directive *directive,
                               const void *field) {
        const GPtrArray *commands = *(GPtrArray *const *)field;
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE("a(sasas)"));
        for (guint i = 0; commands && i < commands->len; i++)
                show_command(&builder, settings, directive, commands->pdata[i]);
        return g_variant_builder_end(&builder);
}

const ValueType value_exec_commands = {
        .name = "command lines",
        .size = sizeof(GPtrArray *),
        .parse = parse_commands,
        .clear = clear_commands,
        .equal = commands_equal,
        .show = show_commands,
};
