#pragma once
#include <stddef.h>

/// The cores that the calling thread may run on, ascending, at most `room`; how many, 0 where the
/// system does not say.
size_t vitrine_allowed_cores(int *cores, size_t room);

/// Keeps the calling thread on one core from now on; 0 where that is granted.
int vitrine_pin_thread(int core);
