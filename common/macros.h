/* SPDX-License-Identifier: MIT */
/* The few macros that every layer uses: ownership, arrays, containers. */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

/* Owned locals: _cleanup_(f) calls f(&variable) when the variable goes out of scope. */
#define _cleanup_(function)     __attribute__((cleanup(function)))
#define _printf_(string, first) __attribute__((format(printf, string, first)))
#define _noreturn_              __attribute__((noreturn))
#define _unused_                __attribute__((unused))
#define _pure_                  __attribute__((pure))

/* Defines x_cleanup(Type **) for a destructor `Type *function(Type *)`. */
#define DEFINE_CLEANUP(Type, function)                          \
        static inline void function##_cleanup(Type **pointer) { \
                if (*pointer)                                   \
                        function(*pointer);                     \
        }

static inline void free_cleanup(void *pointer) {
        free(*(void **)pointer);
}
#define _cleanup_free_ _cleanup_(free_cleanup)

/* Hands the value on and leaves the variable empty, so that its cleanup does nothing. */
#define TAKE_POINTER(variable)                            \
        ({                                                \
                __typeof__(variable) taken_ = (variable); \
                (variable) = NULL;                        \
                taken_;                                   \
        })
#define TAKE_FD(variable)                \
        ({                               \
                int taken_ = (variable); \
                (variable) = -EBADF;     \
                taken_;                  \
        })
