/* SPDX-License-Identifier: MIT */
/* Calls on an open file that others have as well. O_NONBLOCK is the open file's: whoever has it can
 * clear it between our setting it and the call, take what poll() has seen, and the manager would
 * sleep in accept4(2) or read(2) until somebody connects. Between begin and end such a call ends
 * with EINTR after a millisecond. The manager must not start a process in between. */
#pragma once

void wait_guard_begin(void);
void wait_guard_end(void);
