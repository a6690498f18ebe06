/* Philox4x32-10, written from the paper and independent of generated code. */
#include "graph/base/random.h"

/* One round on the counter (c[0] .. c[3]): two products, their high halves crossed over and mixed
 * with the key. */
static void philox_round(uint32_t c[4], const uint32_t key[2]) {
    uint64_t even = (uint64_t)0xD2511F53u * c[0], odd = (uint64_t)0xCD9E8D57u * c[2];
    uint32_t next[4] = {(uint32_t)(odd >> 32) ^ c[1] ^ key[0], (uint32_t)odd, (uint32_t)(even >> 32) ^ c[3] ^ key[1],
                        (uint32_t)even};
    for (int i = 0; i < 4; i++) c[i] = next[i];
}

void philox4x32_10(uint32_t counter[4], const uint32_t key[2]) {
    uint32_t k[2] = {key[0], key[1]};
    for (int round = 0; round < 10; round++) {
        philox_round(counter, k);
        k[0] += 0x9E3779B9u; /* the golden ratio */
        k[1] += 0xBB67AE85u; /* sqrt(3) - 1 */
    }
}

float random_uniform(uint32_t seed, uint32_t step, uint32_t site, uint32_t row, uint32_t position, uint32_t column) {
    uint32_t counter[4] = {column / 64 * 16 + column % 16, position, row, site};
    philox4x32_10(counter, (uint32_t[]){seed, step});
    return (float)(counter[column / 16 % 4] >> 8) * 0x1p-24f;
}
