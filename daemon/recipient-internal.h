/* SPDX-License-Identifier: MIT */
/* What the files of the recipient share. */
#pragma once

#include "recipient.h"

static inline Delivery *delivery_at(const Recipient *recipient, guint i) {
        return recipient->deliveries->pdata[i];
}

/* ---- recipient.c ---- */

bool recipient_is_idle(const Recipient *recipient); /* nothing waits for it */
