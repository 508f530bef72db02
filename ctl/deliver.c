/* SPDX-License-Identifier: MIT */
/* deliver, refresh: hand something over by hand. */
#include "client.h"
#include "ctl.h"
#include "macros.h"
#include "output.h"
#include "unit-name.h"

CtlExit verb_deliver(Ctl *ctl, char **arguments) {
        if (!ctl->to == !ctl->pid) {
                output_error("say who gets it: either --to=SERVICE or --pid=PID");
                return CTL_USAGE;
        }
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        g_auto(GStrv) units = unit_names_complete(arguments, ".socket");
        g_autofree char *service = ctl->to ? unit_name_complete(ctl->to, ".service") : NULL;
        int r = client_new_call(ctl, "Deliver", &call);
        if (r >= 0)
                r = sd_bus_message_append_strv(call, units);
        if (r >= 0)
                r = sd_bus_message_append(call, "si", service ?: "", (int)ctl->pid);
        if (r >= 0)
                r = client_call(ctl, call, NULL, NULL, &error);
        else
                sd_bus_error_set_errno(&error, r);
        return r < 0 ? client_fail(ctl, &error) : CTL_OK;
}

CtlExit verb_refresh(Ctl *ctl, char **arguments) {
        g_auto(GStrv) units = unit_names_complete(arguments, ".memfd");
        CtlExit status = CTL_OK;
        for (char **unit = units; *unit; unit++) {
                _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
                g_autoptr(GVariant) done = client_ask(ctl, "Refresh", *unit, &error);
                if (!done)
                        status = client_fail(ctl, &error);
        }
        return status;
}
