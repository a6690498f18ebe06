/* Safetensors: what is written is read back, the small floats convert exactly, and no broken file
 * passes. */
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>

#include "runtime/files/safetensors.h"
#include "tests/temp_folder.h"

/* A file of this header and `n_data` bytes 0, 1, 2 ... after it, of which the last `cut` are
 * missing. */
static TempPath put_file(const TempFolder *folder, const char *header, size_t n_data, size_t cut) {
    unsigned char bytes[2000];
    uint64_t length = strlen(header);
    cr_assert_lt(8 + length + n_data, sizeof bytes);
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    for (size_t i = 0; i < n_data; i++) bytes[8 + length + i] = (unsigned char)i;
    return put_bytes(folder, "model.safetensors", bytes, 8 + length + n_data - cut);
}

Test(safetensors, reads_back_what_it_wrote) {
    TempFolder folder = make_folder();
    Diagnostics *diags = diagnostics_new();
    TempPath path = path_in(&folder, "model.safetensors");
    const float numbers[] = {1, -2.5f, 3e-40f, 4, INFINITY, 6}, one[] = {7};
    const int64_t matrix[] = {2, 3}, empty[] = {0, 4};
    const TensorToWrite tensors[] = {
        {"b.weight", 2, matrix, numbers}, {"nothing", 2, empty, NULL}, {"a \"q\" \xC3\xA9", 0, NULL, one}};
    const MetadataEntry metadata[] = {{"format", "pt"}, {"step", "12"}};
    cr_assert(safetensors_write(path.text, tensors, 3, metadata, 2, diags));

    SafeTensors *file = safetensors_open(path.text, diags);
    cr_assert_not_null(file);
    cr_expect_eq(safetensors_count(file), 3);
    const SafeTensor *tensor = safetensors_find(file, "b.weight");
    cr_expect_eq(tensor, safetensors_get(file, 0));
    cr_expect(tensor->rank == 2 && tensor->shape[0] == 2 && tensor->shape[1] == 3 && tensor->count == 6);
    cr_expect_eq((uintptr_t)tensor->data % 8, 0); /* the mapping begins on a page */
    float read[6];
    cr_expect(safetensors_to_f32(file, tensor, read, diags));
    cr_expect_arr_eq(read, numbers, sizeof numbers);
    cr_expect(safetensors_to_f32(file, safetensors_find(file, "a \"q\" \xC3\xA9"), read, diags));
    cr_expect_eq(read[0], 7);
    cr_expect_eq(safetensors_find(file, "nothing")->count, 0);
    cr_expect_null(safetensors_find(file, "c"));
    cr_expect_str_eq(safetensors_metadata(file, "step"), "12");
    cr_expect_null(safetensors_metadata(file, "other"));
    safetensors_close(file);
    diagnostics_free(diags);
    remove_folder(&folder);
}

Test(safetensors, half_floats) {
    cr_expect_eq(f16_to_f32(0x3C00), 1);
    cr_expect_eq(f16_to_f32(0xC100), -2.5);
    cr_expect_eq(f16_to_f32(0x7BFF), 65504);
    cr_expect_eq(f16_to_f32(0x0001), 0x1p-24f); /* subnormal */
    cr_expect_eq(f16_to_f32(0x83FF), -0x1.ff8p-15f);
    cr_expect_eq(f16_to_f32(0x0400), 0x1p-14f);
    cr_expect_eq(f16_to_f32(0xFC00), -INFINITY);
    cr_expect(isnan(f16_to_f32(0x7E00)));
    cr_expect(f16_to_f32(0x8000) == 0 && signbit(f16_to_f32(0x8000)));
}

Test(safetensors, brain_floats) {
    cr_expect_eq(bf16_to_f32(0x3F80), 1);
    cr_expect_eq(bf16_to_f32(0xC020), -2.5);
    cr_expect_eq(bf16_to_f32(0x7F80), INFINITY);
    cr_expect_eq(bf16_to_f32(0x0001), 0x1p-133f);
    cr_expect(isnan(bf16_to_f32(0x7FC0)));
}

Test(safetensors, converts_by_element_type) {
    TempFolder folder = make_folder();
    Diagnostics *diags = diagnostics_new();
    /* bytes 0..3 as two F16, 4..7 as two BF16, 8..15 as one I64; listed out of order */
    TempPath path = put_file(&folder,
                             "{\"i\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[8,16]},"
                             "\"h\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]},"
                             "\"b\":{\"dtype\":\"BF16\",\"shape\":[1,2],\"data_offsets\":[4,8]}}   ",
                             16, 0);
    SafeTensors *file = safetensors_open(path.text, diags);
    cr_assert_not_null(file);
    cr_expect_str_eq(safetensors_get(file, 0)->name, "h");
    cr_expect_str_eq(safetensors_get(file, 2)->dtype, "I64");
    float out[2];
    cr_expect(safetensors_to_f32(file, safetensors_find(file, "h"), out, diags));
    cr_expect(out[0] == f16_to_f32(0x0100) && out[1] == f16_to_f32(0x0302));
    cr_expect(safetensors_to_f32(file, safetensors_find(file, "b"), out, diags));
    cr_expect(out[0] == bf16_to_f32(0x0504) && out[1] == bf16_to_f32(0x0706));
    cr_expect_not(safetensors_to_f32(file, safetensors_find(file, "i"), out, diags));
    cr_expect_str_eq(diags->list.items[0].code, "E0821");
    safetensors_close(file);
    diagnostics_free(diags);
    remove_folder(&folder);
}

/* The file does not open, and the message or its way out says `words`. */
static void expect_broken(const char *header, size_t n_data, size_t cut, const char *words) {
    TempFolder folder = make_folder();
    Diagnostics *diags = diagnostics_new();
    TempPath path = put_file(&folder, header, n_data, cut);
    cr_expect_null(safetensors_open(path.text, diags), "%s", header);
    cr_assert_eq(diags->list.count, 2, "%s", header);
    cr_expect_str_eq(diags->list.items[0].code, "E0820");
    cr_expect(strstr(diags->list.items[0].message, words) || strstr(diags->list.items[1].message, words), "%s: %s",
              header, diags->list.items[0].message);
    diagnostics_free(diags);
    remove_folder(&folder);
}

Test(safetensors, a_cut_off_file_is_said_to_be) {
    const char *header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}";
    size_t whole = 8 + strlen(header) + 16;
    for (size_t cut = 1; cut <= whole; cut++) expect_broken(header, 16, cut, "cut off");
    expect_broken(header, 16, 1, "tensor 'a' ends at byte");
}

Test(safetensors, the_header_must_fit_the_bytes) {
    expect_broken("[]", 0, 0, "not valid JSON");
    expect_broken("{\"a\"}", 0, 0, "not valid JSON");
    expect_broken("{\"a\":1}", 0, 0, "no dtype");
    expect_broken("{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,16]}}", 16, 0, "do not agree");
    expect_broken("{\"a\":{\"dtype\":\"F32\",\"shape\":[-4],\"data_offsets\":[0,16]}}", 16, 0, "do not agree");
    expect_broken("{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[16,0]}}", 16, 0, "do not agree");
    expect_broken("{\"a\":{\"dtype\":\"F32\",\"shape\":[4.0],\"data_offsets\":[0,16]}}", 16, 0, "do not agree");
    expect_broken("{\"a\":{\"dtype\":\"Q4\",\"shape\":[4],\"data_offsets\":[0,16]}}", 16, 0, "'Q4'");
    expect_broken("{\"__metadata__\":{\"a\":1}}", 0, 0, "__metadata__");
    expect_broken("{}", 4, 0, "no tensor");
    expect_broken("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}", 16, 0, "hole");
    expect_broken("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                  "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
                  12, 0, "overlaps");
    expect_broken("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                  "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
                  4, 0, "not valid JSON");
}

Test(safetensors, sizes_that_overflow_are_caught) {
    expect_broken("{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0, 0,
                  "agree");
    expect_broken("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}", 0, 0, "agree");
    expect_broken("{\"a\":{\"dtype\":\"U8\",\"shape\":[9223372036854775807],"
                  "\"data_offsets\":[0,9223372036854775807]}}",
                  8, 0, "cut off");
}

Test(safetensors, another_format_is_said_to_be) {
    TempFolder folder = make_folder();
    Diagnostics *diags = diagnostics_new();
    TempPath path = put_text(&folder, "model.safetensors", "version https://git-lfs.github.com/spec/v1\n");
    cr_expect_null(safetensors_open(path.text, diags));
    cr_expect_str_eq(diags->list.items[0].code, "E0820");
    cr_expect_null(safetensors_open(folder.path, diags));
    cr_expect_null(safetensors_open("/no/such/file", diags));
    cr_expect_eq(diags->errors, 3);
    diagnostics_free(diags);
    remove_folder(&folder);
}

/* A limit on the size of files stands for a full disk. */
Test(safetensors, a_failed_write_leaves_the_old_file) {
    TempFolder folder = make_folder();
    Diagnostics *diags = diagnostics_new();
    TempPath path = put_text(&folder, "model.safetensors", "old");
    enum { COUNT = 50000 };
    float *numbers = calloc(COUNT, sizeof *numbers);
    const int64_t shape[] = {COUNT};
    const TensorToWrite tensor = {"a", 1, shape, numbers};
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before, limit;
    getrlimit(RLIMIT_FSIZE, &before);
    limit = (struct rlimit){100000, before.rlim_max};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_expect_not(safetensors_write(path.text, &tensor, 1, NULL, 0, diags));
    setrlimit(RLIMIT_FSIZE, &before);
    cr_expect_eq(diags->errors, 1);
    cr_expect_eq(count_files(&folder), 1);
    free(numbers);
    diagnostics_free(diags);
    remove_folder(&folder);
}
