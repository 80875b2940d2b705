/* hot.c - C code that uses every register there is, the frame pointer's too. */
#include "hot.h"

/* Twelve values that all live through the loop: more than there are other registers. */
__attribute__((noinline)) static uint64_t mix(uint64_t seed, int rounds)
{
	uint64_t a = seed, b = seed + 1, c = seed + 2, d = seed + 3, e = seed + 4, f = seed + 5;
	uint64_t g = seed + 6, h = seed + 7, i = seed + 8, j = seed + 9, k = seed + 10,
		 l = seed + 11;

	for (int n = 0; n < rounds; n++) {
		a += b ^ (c << 1), b += c ^ (d >> 2), c += d ^ (e << 3), d += e ^ (f >> 4);
		e += f ^ (g << 5), f += g ^ (h >> 6), g += h ^ (i << 7), h += i ^ (j >> 8);
		i += j ^ (k << 9), j += k ^ (l >> 10), k += l ^ (a << 11), l += a ^ (b >> 12);
	}
	return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ i ^ j ^ k ^ l;
}

uint64_t hot_in_c(uint64_t seed)
{
	return mix(seed, 200000) + 1;
}
