/* SPDX-License-Identifier: MIT */
/* The control bus by name: what the manager and those who talk to it must spell the same way. */
#pragma once

#define BUS_SOCKET_NAME "bus" /* in the runtime directory */
#define BUS_NAME        "org.bellhop"
#define BUS_PATH        "/org/bellhop/Manager1"
#define BUS_INTERFACE   "org.bellhop.Manager1"

#define BUS_ERROR_ACCESS_DENIED   "org.bellhop.Error.AccessDenied"
#define BUS_ERROR_NO_SUCH_UNIT    "org.bellhop.Error.NoSuchUnit"
#define BUS_ERROR_BAD_UNIT_FILE   "org.bellhop.Error.BadUnitFile"
#define BUS_ERROR_BAD_REQUEST     "org.bellhop.Error.BadRequest" /* makes no sense, ever */
#define BUS_ERROR_JOB_FAILED      "org.bellhop.Error.JobFailed"  /* a line for each unit */
#define BUS_ERROR_JOB_REFUSED     "org.bellhop.Error.JobRefused" /* nothing was begun */
#define BUS_ERROR_REFRESH_FAILED  "org.bellhop.Error.RefreshFailed"
#define BUS_ERROR_DELIVERY_FAILED "org.bellhop.Error.DeliveryFailed"
#define BUS_ERROR_NO_PROCESS      "org.bellhop.Error.NoProcess" /* nobody to be signalled */
#define BUS_ERROR_SHUTTING_DOWN   "org.bellhop.Error.ShuttingDown"
#define BUS_ERROR_LIMIT           "org.bellhop.Error.LimitExceeded"
