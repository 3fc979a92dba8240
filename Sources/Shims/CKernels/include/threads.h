#pragma once

/// Names the calling thread for debuggers and `top`; 15 bytes count.
void vt_name_thread(const char *name);
