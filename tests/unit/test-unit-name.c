/* SPDX-License-Identifier: MIT */
/* Unit names: which are valid, what they are made of. */
#include <string.h>

#include "unit-name.h"

static void test_types(void) {
        static const struct {
                const char *name;
                UnitType type;
        } cases[] = {
                { "web.socket", UNIT_SOCKET },
                { "web.service", UNIT_SERVICE },
                { "web.memfd", UNIT_MEMFD },
                { "web.target", UNIT_TARGET },
                { "web@.service", UNIT_SERVICE },
                { "web@a@b.service", UNIT_SERVICE },
                { "a:b-c_d.e\\x2d.socket", UNIT_SOCKET },
                { "", UNIT_TYPE_INVALID },
                { "web", UNIT_TYPE_INVALID },
                { ".service", UNIT_TYPE_INVALID },
                { "@.service", UNIT_TYPE_INVALID },
                { "@1.service", UNIT_TYPE_INVALID },
                { "web.", UNIT_TYPE_INVALID },
                { "web.Service", UNIT_TYPE_INVALID },
                { "web.mount", UNIT_TYPE_INVALID },
                { "a b.service", UNIT_TYPE_INVALID },
                { "../a.service", UNIT_TYPE_INVALID },
                { "a\xc3\xa4.service", UNIT_TYPE_INVALID },
                { "a\n.service", UNIT_TYPE_INVALID },
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                g_test_message("'%s'", cases[i].name);
                g_assert_cmpint(unit_name_type(cases[i].name), ==, cases[i].type);
        }
        g_assert_true(unit_name_is_foreign("tmp.mount"));
        g_assert_true(unit_name_is_foreign("-.slice"));
        g_assert_false(unit_name_is_foreign("web.service"));
        g_assert_false(unit_name_is_foreign("a b.mount"));
}

static void test_length(void) {
        char name[300];

        memset(name, 'a', sizeof(name));
        memcpy(name + 255 - 8, ".service", 9);
        g_assert_cmpint(unit_name_type(name), ==, UNIT_SERVICE);
        memset(name, 'a', sizeof(name));
        memcpy(name + 256 - 8, ".service", 9);
        g_assert_cmpint(unit_name_type(name), ==, UNIT_TYPE_INVALID);
}

static void test_templates(void) {
        g_assert_true(unit_name_is_template("web@.service"));
        g_assert_false(unit_name_is_template("web@3.service"));
        g_assert_false(unit_name_is_template("web.service"));
        g_assert_true(unit_name_is_instance("web@3.service"));
        g_assert_true(unit_name_is_instance("web@3.4.service"));
        g_assert_false(unit_name_is_instance("web@.service"));
        g_assert_false(unit_name_is_instance("web.service"));
}

static void assert_string(char *got, const char *wanted) {
        g_assert_cmpstr(got, ==, wanted);
        g_free(got);
}

static void test_parts(void) {
        assert_string(unit_name_change_type("web.socket", UNIT_SERVICE), "web.service");
        assert_string(unit_name_change_type("web@3.socket", UNIT_MEMFD), "web@3.memfd");
        assert_string(unit_name_template("web@3.service"), "web@.service");
        assert_string(unit_name_template("web.service"), NULL);
        assert_string(unit_name_instantiate("web@.service", "a.b"), "web@a.b.service");
        assert_string(unit_name_instantiate("web@3.service", "4"), NULL);
        assert_string(unit_name_instantiate("web.service", "4"), NULL);
        assert_string(unit_name_prefix("web@3.service"), "web");
        assert_string(unit_name_prefix("web.service"), "web");
        assert_string(unit_name_instance("web@3.service"), "3");
        assert_string(unit_name_instance("web@a@b.service"), "a@b");
        assert_string(unit_name_instance("web@.service"), NULL);
        assert_string(unit_name_instance("web.service"), NULL);
        g_assert_cmpstr(unit_type_to_string(UNIT_MEMFD), ==, "memfd");
        g_assert_null(unit_type_to_string(UNIT_TYPE_INVALID));
}

static void test_complete(void) {
        g_auto(GStrv) typed =
                g_strsplit("web org.example.web web.socket clean.timer a/web", " ", -1);
        g_auto(GStrv) names = unit_names_complete(typed, ".service");
        g_autofree char *all = g_strjoinv(" ", names);

        g_assert_cmpstr(all, ==,
                        "web.service org.example.web.service web.socket clean.timer a/web");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/unit-name/types", test_types);
        g_test_add_func("/unit-name/length", test_length);
        g_test_add_func("/unit-name/templates", test_templates);
        g_test_add_func("/unit-name/parts", test_parts);
        g_test_add_func("/unit-name/complete", test_complete);
        return g_test_run();
}
