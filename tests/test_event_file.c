/* Event files: checksums of RFC 3720, and the bytes of a file. TensorBoard's own reader is asked by
 * bench/check_tensorboard.py. */
#include <criterion/criterion.h>
#include <string.h>

#include "runtime/files/event_file.h"
#include "runtime/files/read_file.h"
#include "tests/temp_folder.h"

Test(event_file, checksums_of_the_rfc) {
    unsigned char bytes[32] = {0};
    cr_expect_eq(crc32c("123456789", 9), 0xe3069283u);
    cr_expect_eq(crc32c(bytes, sizeof bytes), 0x8a9136aau); /* RFC 3720, B.4: 32 bytes of zeroes */
    memset(bytes, 0xff, sizeof bytes);
    cr_expect_eq(crc32c(bytes, sizeof bytes), 0x62a8ab43u); /* and of ones */
}

static size_t read_events(const char *folder, double wall_time, char *bytes, size_t room, Diagnostics *diags) {
    char path[300];
    size_t size;
    snprintf(path, sizeof path, "%s/events.out.tfevents.%.0f.gradc.%ld", folder, wall_time, (long)getpid());
    char *got = read_file(path, READ_TEXT, &size, diags);
    cr_assert(got && size <= room);
    memcpy(bytes, got, size);
    free(got);
    return size;
}

Test(event_file, bytes_of_a_file) {
    static const unsigned char expected[] = {
        0x18, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xa3, 0x7f, 0x4b, 0x22, 0x09, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0xf8, 0x3f, 0x1a, 0x0d, 0x62, 0x72, 0x61, 0x69, 0x6e, 0x2e, 0x45, 0x76, 0x65, 0x6e, 0x74,
        0x3a, 0x32, 0x2a, 0x28, 0x64, 0x6c, 0x1d, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x60, 0x2f, 0xdf,
        0x23, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x40, 0x10, 0xac, 0x02, 0x2a, 0x0f, 0x0a, 0x0d,
        0x0a, 0x06, 0x6c, 0x6f, 0x73, 0x73, 0x2f, 0x61, 0x15, 0x00, 0x00, 0x80, 0x3e, 0xd9, 0x77, 0x45, 0x89,
    };
    TempFolder folder = make_folder();
    Diagnostics *diags = diagnostics_new();
    char found[512];
    EventFile *file = event_file_open(folder.path, 1.5, diags);
    cr_assert_not_null(file);
    event_scalar(file, 2.5, 300, "loss/a", 0.25);
    cr_assert(event_file_close(file, diags));
    cr_assert_eq(read_events(folder.path, 1.5, found, sizeof found, diags), sizeof expected);
    cr_expect_arr_eq(found, expected, sizeof expected);
    cr_expect_eq(diags->list.count, 0);
    diagnostics_free(diags);
    remove_folder(&folder);
}

Test(event_file, a_folder_that_cannot_be) {
    Diagnostics *diags = diagnostics_new();
    cr_expect_null(event_file_open("/dev/null/events", 1, diags));
    cr_assert_geq(diags->list.count, 2);
    cr_expect_str_eq(diags->list.items[0].code, "E0830");
    diagnostics_free(diags);
}
