/* SPDX-License-Identifier: MIT */
/* What the bus only passes on, for tests of it without units, jobs and a log. */
#include "job.h"
#include "log.h"
#include "manager.h"
#include "recipient.h"
#include "socket.h"
#include "unit-condition.h"

void log_message(int level, const char *unit, const char *format, ...) {
        (void)level;
}

GStrv log_tail(const char *unit, guint max_lines) {
        const char *lines[] = { "one", "t\xffwo", NULL }; /* no UTF-8 */
        return g_strdupv((char **)lines);
}

const char *active_state_to_string(ActiveState state) {
        return state == ACTIVE_ACTIVE ? "active" : "inactive";
}

ActiveState unit_active_state(const Unit *unit) {
        return unit->vtable->active_state(unit);
}

const char *unit_sub_state(const Unit *unit) {
        return unit->vtable->sub_state(unit);
}

const char *unit_description(const Unit *unit) {
        return unit->settings->description ?: unit->name;
}

AcceptCounts socket_accept_counts(const Socket *socket) {
        return (AcceptCounts){ 0 };
}

const char *job_type_to_string(JobType type) {
        return "start";
}

JobType job_type(const Job *job) {
        return JOB_START;
}

const char *item_kind_to_string(enum bellhop_kind kind) {
        return "listener";
}

const char *delivery_state_to_string(DeliveryState state) {
        return "claimed";
}

void recipients_look(Manager *manager) {
}

const char *unit_refuses(const Unit *unit, JobType type) {
        return NULL;
}

void unit_show_condition(const Unit *unit, GVariantDict *properties) {
        g_variant_dict_insert(properties, "ConditionResult", "b", TRUE);
}

void unit_reset_failed(Unit *unit) {
}

void manager_reset_failed(Manager *manager) {
}
