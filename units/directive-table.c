/* SPDX-License-Identifier: MIT */
/* The directive table. To add a directive: a field in settings.h (and its default in settings.c),
 * or none and a sparse row; the row in the rows-*.h of its section; a paragraph in the man page. */
#include <sys/socket.h>

#include "condition.h"
#include "rows-process.h"
#include "value.h"

/* clang-format off */

/* A value in the settings of its type. */
#define ROW(type_, section_, key_, property_, value_, struct_, field_, argument_, since_) \
        { .type = type_, .section = section_, .key = key_, .property = property_, \
          .value = &value_, .offset = offsetof(struct_, field_), .argument = argument_, \
          .since = since_ },
#define UNIT(key_, property_, value_, field_, argument_, since_) \
        ROW(DIRECTIVE_ANY_TYPE, "Unit", key_, property_, value_, UnitSettings, field_, argument_, since_)
#define SOCKET(key_, property_, value_, field_, argument_, since_) \
        ROW(UNIT_SOCKET, "Socket", key_, property_, value_, SocketSettings, field_, argument_, since_)
#define MEMFD(key_, property_, value_, field_, argument_, since_) \
        ROW(UNIT_MEMFD, "Memfd", key_, property_, value_, MemfdSettings, field_, argument_, since_)
#define SERVICE(key_, property_, value_, field_, argument_, since_) \
        ROW(UNIT_SERVICE, "Service", key_, property_, value_, ServiceSettings, field_, argument_, since_)
/* A value that is kept only where it is given. initial_: the default as a file would say it. */
#define SPARSE(type_, section_, key_, property_, value_, argument_, initial_, since_) \
        { .type = type_, .section = section_, .key = key_, .property = property_, \
          .value = &value_, .offset = DIRECTIVE_SPARSE, .argument = argument_, \
          .initial = initial_, .since = since_ },
/* The same, read and shown, but nothing comes of it: a warning where it is used. */
#define UNHONOURED(type_, section_, key_, property_, value_, argument_, initial_, note_) \
        { .type = type_, .section = section_, .key = key_, .property = property_, \
          .value = &value_, .offset = DIRECTIVE_SPARSE, .argument = argument_, \
          .initial = initial_, .status = DIRECTIVE_NOT_HONOURED, .note = note_ },
/* The same, harmless here: nothing has to come of it. */
#define HARMLESS(type_, section_, key_, property_, value_, argument_, initial_, note_) \
        { .type = type_, .section = section_, .key = key_, .property = property_, \
          .value = &value_, .offset = DIRECTIVE_SPARSE, .argument = argument_, \
          .initial = initial_, .status = DIRECTIVE_ACCEPTED, .note = note_, .since = "0.2" },
/* Another way to give what a sparse row of the section holds. */
#define ALIAS(type_, section_, key_, value_, argument_, alias_, since_) \
        { .type = type_, .section = section_, .key = key_, .value = &value_, \
          .offset = DIRECTIVE_SPARSE, .argument = argument_, .alias = alias_, .since = since_ },
#define UNHONOURED_ALIAS(type_, section_, key_, value_, argument_, alias_, note_) \
        { .type = type_, .section = section_, .key = key_, .value = &value_, \
          .offset = DIRECTIVE_SPARSE, .argument = argument_, .alias = alias_, \
          .status = DIRECTIVE_NOT_HONOURED, .note = note_ },
#define HARMLESS_ALIAS(type_, section_, key_, value_, argument_, alias_, note_) \
        { .type = type_, .section = section_, .key = key_, .value = &value_, \
          .offset = DIRECTIVE_SPARSE, .argument = argument_, .alias = alias_, \
          .status = DIRECTIVE_ACCEPTED, .note = note_, .since = "0.2" },
/* Harmless here; the value isn't read. */
#define ACCEPTED(type_, section_, key_, note_) \
        { .type = type_, .section = section_, .key = key_, .status = DIRECTIVE_ACCEPTED, \
          .note = note_, .since = "0.2" },

static const char no_such_thing[] = "bellhop does nothing of that kind by itself";
static const char mounts_nothing[] = "bellhop mounts nothing: what is mounted is there";
static const char not_counted[] = "as in systemd, the starts of a target aren't counted";
static const char only_ends_jobs[] = "the job is ended, nothing more";
static const char ends_nothing[] = "that a unit ends never ends bellhopd";
static const char boots_nothing[] = "bellhop never reboots a machine";

static const Directive table[] = {
#include "rows-unit.h"
#include "rows-socket.h"
#include "rows-memfd.h"
#include "rows-service.h"
        PROCESS_ROWS(UNIT_SOCKET, "Socket")
        PROCESS_ROWS(UNIT_SERVICE, "Service")
};
/* clang-format on */

const Directive *directive_table(size_t *ret_count) {
        *ret_count = ARRAY_SIZE(table);
        return table;
}
