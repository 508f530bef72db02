/* SPDX-License-Identifier: MIT */
/* is-active, is-failed, reset-failed: states, for scripts. */
#include <stdio.h>
#include <string.h>

#include "bus-names.h"
#include "client.h"
#include "ctl.h"
#include "macros.h"
#include "output.h"
#include "unit-name.h"

/* As systemctl: what isn't there is as inactive as can be. Returns: the active state (g_free), or
 * NULL with *ret_error; *ret_here says whether there is such a unit. */
static char *state_of_unit(Ctl *ctl, const char *unit, bool *ret_here, sd_bus_error *ret_error) {
        g_autoptr(GVariant) properties = client_ask(ctl, "Show", unit, ret_error);
        *ret_here = properties != NULL;
        if (properties)
                return output_field(properties, "ActiveState");
        if (!sd_bus_error_has_name(ret_error, BUS_ERROR_NO_SUCH_UNIT))
                return NULL;
        sd_bus_error_free(ret_error);
        return g_strdup("inactive");
}

/* @otherwise: the exit status when no unit is in the state that is asked for */
static CtlExit states_run(Ctl *ctl, char **arguments, const char *wanted, CtlExit otherwise) {
        g_auto(GStrv) units = unit_names_complete(arguments, ".service");
        bool found = false, all_here = true;
        GVariantBuilder builder;
        g_variant_builder_init(&builder, G_VARIANT_TYPE("a{sv}"));
        for (char **unit = units; *unit; unit++) {
                _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
                bool here = false;
                g_autofree char *state = state_of_unit(ctl, *unit, &here, &error);
                if (!state) {
                        g_variant_builder_clear(&builder);
                        return client_fail(ctl, &error);
                }
                found |= g_str_equal(state, wanted);
                all_here &= here;
                g_variant_builder_add(&builder, "{sv}", *unit, g_variant_new_string(state));
                if (ctl->json == JSON_OFF && !ctl->quiet)
                        printf("%s\n", state);
        }
        g_autoptr(GVariant) states = g_variant_ref_sink(g_variant_builder_end(&builder));
        if (ctl->json != JSON_OFF && !ctl->quiet)
                output_json(ctl, states);
        if (found)
                return CTL_OK;
        return all_here ? otherwise : CTL_NO_SUCH_UNIT;
}

CtlExit verb_is_active(Ctl *ctl, char **arguments) {
        return states_run(ctl, arguments, "active", CTL_INACTIVE);
}

CtlExit verb_is_failed(Ctl *ctl, char **arguments) {
        return states_run(ctl, arguments, "failed", CTL_FAILURE);
}

CtlExit verb_reset_failed(Ctl *ctl, char **arguments) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        g_auto(GStrv) units = unit_names_complete(arguments, ".service");
        return client_call_units(ctl, "ResetFailed", units, NULL, &error) < 0
                       ? client_fail(ctl, &error)
                       : CTL_OK;
}
