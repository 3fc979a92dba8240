#pragma once
#include "vectors.h"
#include "pixels.h"
#include "digest.h"
#include "likeness.h"
#include "threads.h"
#include "cores.h"
