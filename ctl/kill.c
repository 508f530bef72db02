/* SPDX-License-Identifier: MIT */
/* kill: a signal to the processes of units. */
#include <signal.h>

#include "client.h"
#include "ctl.h"
#include "macros.h"
#include "output.h"
#include "unit-name.h"

CtlExit verb_kill(Ctl *ctl, char **arguments) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        g_auto(GStrv) units = unit_names_complete(arguments, ".service");
        int r = client_new_call(ctl, "Kill", &call);
        if (r >= 0)
                r = sd_bus_message_append_strv(call, units);
        if (r >= 0)
                r = sd_bus_message_append(call, "si", ctl->whom ?: "all", ctl->signal ?: SIGTERM);
        if (r >= 0)
                r = client_call(ctl, call, NULL, NULL, &error);
        else
                sd_bus_error_set_errno(&error, r);
        return r < 0 ? client_fail(ctl, &error) : CTL_OK;
}
