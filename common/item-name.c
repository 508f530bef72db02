/* SPDX-License-Identifier: MIT */
/* The rule for item names. */
#include "item-name.h"

#include "bellhop.h"

bool item_name_is_valid(const char *name, size_t length) {
        if (length == 0 || length > BELLHOP_NAME_MAX)
                return false;
        for (size_t i = 0; i < length; i++)
                if (name[i] < ' ' || name[i] > '~' || name[i] == ':')
                        return false;
        return true;
}
