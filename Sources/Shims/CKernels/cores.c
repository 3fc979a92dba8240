#define _GNU_SOURCE
#include "cores.h"

#include <sched.h>

size_t vitrine_allowed_cores(int *cores, size_t room) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 0;
  size_t count = 0;
  for (int core = 0; core < CPU_SETSIZE && count < room; core++)
    if (CPU_ISSET(core, &allowed)) cores[count++] = core;
  return count;
}

int vitrine_pin_thread(int core) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(core, &only);
  return sched_setaffinity(0, sizeof only, &only);
}
