// Compiles NAME_body for several instruction sets and picks one at run time. Not `target_clones`,
// whose resolvers run before a sanitizer's runtime is there.
#pragma once
#include "vectors.h"

#define BODY static inline __attribute__((always_inline))
#if defined(__x86_64__)
#define WIDEST(type, name, parameters, arguments)                                              \
  __attribute__((target("avx512f,fma"))) static type name##_avx512 parameters {                \
    return name##_body arguments;                                                              \
  }                                                                                            \
  __attribute__((target("avx2,fma"))) static type name##_avx2 parameters {                     \
    return name##_body arguments;                                                              \
  }                                                                                            \
  static type name parameters {                                                                \
    switch (vitrine_widest()) {                                                        \
      case VITRINE_VNNI:                                                                       \
      case VITRINE_AVX512: return name##_avx512 arguments;                                     \
      case VITRINE_AVX2: return name##_avx2 arguments;                                         \
      default: return name##_body arguments;                                                   \
    }                                                                                          \
  }
#else
#define WIDEST(type, name, parameters, arguments) \
  static type name parameters { return name##_body arguments; }
#endif
