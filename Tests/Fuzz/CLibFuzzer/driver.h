// What libFuzzer offers to programs that have a main of their own; the library comes with -sanitize=fuzzer.
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
