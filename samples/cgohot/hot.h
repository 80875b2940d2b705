#include <stdint.h>

uint64_t hot_in_c(uint64_t seed);
