/* SPDX-License-Identifier: MIT */
/* Values of [Socket] alone: when it triggers its service. */
#include "value.h"

static const EnumName defer_triggers[] = {
        { "no", DEFER_TRIGGER_NO, NULL },
        { "yes", DEFER_TRIGGER_YES, NULL },
        { "patient", DEFER_TRIGGER_PATIENT, NULL },
        { NULL, 0, NULL },
};

static const EnumName dispatches[] = {
        { "least-loaded", DISPATCH_LEAST_LOADED, NULL },
        { "round-robin", DISPATCH_ROUND_ROBIN, NULL },
        { NULL, 0, NULL },
};

const ValueType value_defer_trigger = ENUM_VALUE(DeferTrigger, defer_triggers);
const ValueType value_dispatch = ENUM_VALUE(Dispatch, dispatches);

static int parse_burst(const DirectiveContext *context, const Directive *directive, void *field,
                       const char *value) {
        return value_unsigned.parse(context, directive, field, value);
}

static gboolean equal_burst(const void *a, const void *b) {
        return value_unsigned.equal(a, b);
}

/* What an unset one is depends on Accept=. */
static GVariant *show_poll_burst(const UnitSettings *settings, const Directive *directive,
                                 const void *field) {
        return g_variant_new_uint32(
                socket_settings_poll_burst(container_of(settings, SocketSettings, unit)));
}

const ValueType value_poll_burst = {
        .name = "number",
        .size = sizeof(unsigned int),
        .parse = parse_burst,
        .equal = equal_burst,
        .show = show_poll_burst,
};
