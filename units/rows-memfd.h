/* SPDX-License-Identifier: MIT */
/* Rows of the directive table: [Memfd]. Included by
 * directive-table.c, which says what the macros are. */
#pragma once

/* clang-format off */
MEMFD("Source", "Source", value_path, source, 0, "0.1")
MEMFD("Content", "Content", value_lines, content, 0, "0.1")
MEMFD("Size", "Size", value_size, size, 1, "0.1")
MEMFD("Seal", "Seal", value_seals, seals, 0, "0.1")
MEMFD("FileDescriptorName", "FileDescriptorName", value_item_name, fd_name, 0, "0.1")
MEMFD("Service", "Service", value_unit_names, services, UNIT_BIT(UNIT_SERVICE), "0.1")
MEMFD("Signal", "Signal", value_delivery_signal, delivery.signal, 0, "0.1")
MEMFD("Transport", "Transport", value_transport, delivery.transport, 0, "0.1")
MEMFD("ClaimTimeoutSec", "ClaimTimeoutUSec", value_time_span, delivery.claim_timeout, 1, "0.1")
MEMFD("RedeliverOnChange", "RedeliverOnChange", value_boolean, redeliver_on_change, 0, "0.1")
MEMFD("MaxSize", "MaxSize", value_size, max_size, 0, "0.1")
MEMFD("HugePages", "HugePages", value_huge_pages, huge_pages, 0, "0.1")
/* clang-format on */
