/* Math: compiled functions against correctly rounded values from MPFR, at most 2 ulp, over samples
 * of all floats, of the range where each function does something, and the edges.
 *
 * Each run samples other floats: GRADC_SEED repeats one, GRADC_SAMPLES takes more of them (the
 * table in docs/accuracy.md comes from 2^24). A distance is measured to the exact value, in units
 * of the last place of the float next to it. */
#include <criterion/criterion.h>
#include <fenv.h>
#include <math.h>
#include <mpfr.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kernel_run.h"
#include "tests/random_graph.h"
#include "tests/seed.h"

/* Digits of the reference: 24 of the float and enough to see 2^-40 of an ulp. */
enum { SAMPLES = 1 << 16, PRECISION = 80 };
static const double LIMIT = 2;

static float float_from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* y from x, rounded correctly. */
typedef int Reference(mpfr_t y, const mpfr_t x, mpfr_rnd_t rounding);

static int reciprocal_root(mpfr_t y, const mpfr_t x, mpfr_rnd_t rounding) {
    /* IEEE 754 has -inf for -0, as 1 / sqrt has; MPFR has +inf. */
    int inexact = mpfr_rec_sqrt(y, x, rounding);
    if (mpfr_zero_p(x)) mpfr_setsign(y, y, mpfr_signbit(x), rounding);
    return inexact;
}

/* Distance of `got` from the exact value, in units of the last place of the nearest float. */
static double ulps(float got, mpfr_t wanted) {
    float nearest = mpfr_get_flt(wanted, MPFR_RNDN);
    if (isnan(nearest) || isnan(got)) return isnan(nearest) && isnan(got) ? 0 : INFINITY;
    if (mpfr_zero_p(wanted) || mpfr_inf_p(wanted))
        return got == nearest && !signbit(got) == !signbit(nearest) ? 0 : INFINITY;
    /* An infinity that rounds from a finite value: the float before it is one unit away. */
    if (isinf(nearest) || isinf(got)) {
        bool beside = fabsf(got) >= 0x1.fffffep127f && mpfr_cmpabs_ui(wanted, 0) > 0 && mpfr_get_exp(wanted) >= 128 &&
                      !signbit(got) == !signbit(nearest);
        return got == nearest ? 0 : beside ? 1 : INFINITY;
    }
    mpfr_exp_t exponent = mpfr_get_exp(wanted);
    mpfr_t distance;
    mpfr_init2(distance, PRECISION);
    mpfr_set_flt(distance, got, MPFR_RNDN);
    mpfr_sub(distance, distance, wanted, MPFR_RNDN);
    mpfr_mul_2si(distance, distance, exponent < -125 ? 149 : 24 - exponent, MPFR_RNDN);
    double result = fabs(mpfr_get_d(distance, MPFR_RNDN));
    mpfr_clear(distance);
    return result;
}

static const float edges[] = {
    0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1.0f, -1.0f, 0x1p-149f, -0x1p-149f, 0x1p-126f, 0x1.fffffcp-127f,
    0x1.fffffep127f, -0x1.fffffep127f, 88.72283f, 88.72284f, -87.33655f, -103.97208f, -104.5f, 0x1.fffffep-1f,
    0x1.000002p0f, 0.5f, -0x1.fffffep-1f, 9.01f, 3.92f, 0x1p-24f, 0x1p-60f,
    /* nearest to multiples of pi / 2 among all floats, large ones too */
    0x1.f9cbe2p87f, 16367173.0f * 0x1p72f, 0x1.6ac5b2p1f, 0x1p48f, 0x1.000002p48f, 0x1.921fb6p0f, 0x1.921fb6p1f};
enum { EDGES = sizeof edges / sizeof *edges };

/* Half of them even over the bits of all floats, half even over [low, high], shaken; then edges. */
typedef struct Arguments {
    int count;
    float *x, *y; /* y is for division */
} Arguments;

static Arguments arguments_new(double low, double high) {
    const char *more = getenv("GRADC_SAMPLES");
    int samples = more ? atoi(more) : SAMPLES, half = samples / 2;
    Arguments a = {.count = samples + EDGES};
    size_t bytes = ((size_t)a.count * sizeof(float) + 63) / 64 * 64;
    a.x = aligned_alloc(64, bytes);
    a.y = aligned_alloc(64, bytes);
    uint64_t state = test_seed("math");
    uint64_t step = ((uint64_t)1 << 32) / (uint64_t)half;
    for (int i = 0; i < half; i++) {
        a.x[i] = float_from_bits((uint32_t)((uint64_t)i * step + random_word(&state) % step));
        double at = low + (high - low) * (i + 0.999 * random_between(&state, 0, 1)) / half;
        a.x[half + i] = (float)at;
    }
    memcpy(a.x + 2 * half, edges, sizeof edges);
    a.count = 2 * half + EDGES;
    /* Exponents near that of x, so that quotients are floats. */
    for (int i = 0; i < a.count; i++) {
        int64_t shift = random_below(&state, 1 << 28) - (1 << 27);
        uint32_t bits;
        memcpy(&bits, &a.x[i], sizeof bits);
        a.y[i] = float_from_bits((uint32_t)((int64_t)bits + shift));
    }
    return a;
}

static float *compiled_values(const char *name, int arity, const Arguments *a) {
    char text[320];
    snprintf(text, sizeof text,
             "graph \"math\"\nsymbols d0\n%%0 = input{name=\"0\"} : f32[d0]\n%s"
             "%%%d = %s(%%0%s) : f32[d0]\noutput \"0\" = %%%d\n",
             arity == 2 ? "%1 = input{name=\"1\"} : f32[d0]\n" : "", arity, name, arity == 2 ? ", %1" : "", arity);
    Kernel *kernel = kernel_from_text(KERNEL_MAP, text);
    KernelRun run = kernel_link(kernel, 0);
    float *results = aligned_alloc(64, ((size_t)a->count * sizeof(float) + 63) / 64 * 64);
    void *one[] = {a->x, results}, *two[] = {a->x, a->y, results};
    run.function(arity == 2 ? two : one, (int64_t[]){a->count}, NULL, NULL, 0, 1);
    kernel_unlink(&run);
    kernel_free(kernel);
    return results;
}

static void check_function(const char *name, Reference *reference, double low, double high) {
    Arguments a = arguments_new(low, high);
    int arity = reference ? 1 : 2;
    float *results = compiled_values(name, arity, &a);
    mpfr_t x, y;
    mpfr_inits2(PRECISION, x, y, (mpfr_ptr)NULL);
    double worst = 0;
    int where = 0;
    for (int i = 0; i < a.count; i++) {
        mpfr_set_flt(x, a.x[i], MPFR_RNDN);
        mpfr_set_flt(y, a.y[i], MPFR_RNDN);
        if (reference)
            reference(y, x, MPFR_RNDN);
        else
            mpfr_div(y, x, y, MPFR_RNDN);
        double distance = ulps(results[i], y);
        if (distance > worst) worst = distance, where = i;
    }
    cr_log_info("%s: %.3f ulp at %a of %d", name, worst, (double)a.x[where], a.count);
    cr_expect(worst <= LIMIT, "%s is off by %.3f ulp at %a (%a)", name, worst, (double)a.x[where], (double)a.y[where]);
    mpfr_clears(x, y, (mpfr_ptr)NULL);
    free(results);
    free(a.x);
    free(a.y);
}

Test(math, exp) { check_function("exp", mpfr_exp, -105, 89); }
Test(math, expm1) { check_function("expm1", mpfr_expm1, -3, 3); }
Test(math, log) { check_function("log", mpfr_log, 0.1, 3); }
Test(math, log1p) { check_function("log1p", mpfr_log1p, -0.99, 3); }
Test(math, tanh) { check_function("tanh", mpfr_tanh, -10, 10); }
Test(math, erf) { check_function("erf", mpfr_erf, -4.5, 4.5); }
Test(math, sin) { check_function("sin", mpfr_sin, -20, 20); }
Test(math, cos) { check_function("cos", mpfr_cos, -20, 20); }
Test(math, sqrt) { check_function("sqrt", mpfr_sqrt, 0, 10); }
Test(math, rsqrt) { check_function("rsqrt", reciprocal_root, 0, 10); }
Test(math, div) { check_function("div", NULL, -3, 3); }

/* Attention asks for the exponential of minus infinity wherever a key is not seen. Processors for which tiny products
 * are slow must not meet any. */
Test(math, exp_of_what_vanishes_does_not_underflow) {
    enum { COUNT = 64 };
    Arguments a = {.count = COUNT, .x = aligned_alloc(64, COUNT * sizeof(float))};
    for (int i = 0; i < COUNT; i++) a.x[i] = i % 3 == 0 ? -INFINITY : i % 3 == 1 ? -104.5f - (float)i : -87;
    feclearexcept(FE_ALL_EXCEPT);
    float *results = compiled_values("exp", 1, &a);
    cr_expect_eq(fetestexcept(FE_UNDERFLOW), 0);
    for (int i = 0; i < COUNT; i++) cr_expect(i % 3 == 2 ? results[i] > 0 : results[i] == 0);
    free(results);
    free(a.x);
}
