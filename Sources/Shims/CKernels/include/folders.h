#pragma once

/// Exchanges two files or folders in one step; −1 with `errno` where the system does not.
int vitrine_exchange(const char *one, const char *other);
