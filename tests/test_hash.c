/* Hashes as text: written, read back, in pieces as at once. */
#include <criterion/criterion.h>
#include <string.h>

#include "graph/base/hash.h"

Test(hash, digits_are_written_and_read_back) {
    char text[HASH_DIGITS + 1];
    const XXH128_hash_t hash = {.low64 = 0x0123456789abcdef, .high64 = 0xf};
    XXH128_hash_t back;
    cr_expect_str_eq(hash_write(hash, text), "000000000000000f0123456789abcdef", "the most significant first");
    cr_assert(hash_read(text, &back));
    cr_expect(XXH128_isEqual(hash, back));
}

Test(hash, only_digits_are_read) {
    XXH128_hash_t hash;
    cr_expect(hash_read("000000000000000f0123456789abcdef.o", &hash), "more may follow");
    cr_expect_not(hash_read("000000000000000f0123456789abcde", &hash), "too short");
    cr_expect_not(hash_read("000000000000000f 123456789abcdef0", &hash), "a space is no digit");
    cr_expect_not(hash_read("000000000000000F0123456789ABCDEF", &hash), "as it is written, so it is read");
}

Test(hash, pieces_are_as_the_whole) {
    Arena *arena = arena_new();
    XXH3_state_t *state = hash_begin();
    XXH3_128bits_update(state, "mo", 2);
    XXH3_128bits_update(state, "del", 3);
    cr_expect_str_eq(hash_print(arena, hash_end(state)), bytes_hash(arena, "model", 5));
    cr_expect_str_neq(bytes_hash(arena, "model", 5), bytes_hash(arena, "model", 6));
    arena_free(arena);
}
