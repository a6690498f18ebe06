/* Math: each function against libm in double, over a million arguments and the edges; at most 2
 * ulp. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kernel_run.h"

enum { SAMPLES = 1 << 20 };

static float float_from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Distance in units of the last place of the float next to `wanted`. */
static double ulps(float got, double wanted) {
    float nearest = (float)wanted;
    if (isnan(wanted)) return isnan(got) ? 0 : INFINITY;
    if (isinf(nearest))
        return got == nearest ? 0
               : isinf(got)   ? INFINITY
                              : (fabs(wanted) < 0x1.0000018p128 ? 1 : INFINITY);
    if (wanted == 0) return got == 0 && !signbit(got) == !signbit(wanted) ? 0 : INFINITY;
    if (!isfinite(got)) return INFINITY;
    int exponent;
    frexp(wanted, &exponent);
    double ulp = ldexp(1, exponent < -125 ? -149 : exponent - 24);
    return fabs((double)got - wanted) / ulp;
}

/* Even over the bits of all floats, then even over [low, high], then the edges. */
static float *make_arguments(double low, double high) {
    static const float edges[] = {0.0f,
                                  -0.0f,
                                  INFINITY,
                                  -INFINITY,
                                  NAN,
                                  1.0f,
                                  -1.0f,
                                  0x1p-149f,
                                  -0x1p-149f,
                                  0x1p-126f,
                                  0x1.fffffep127f,
                                  -0x1.fffffep127f,
                                  88.72283f,
                                  88.72284f,
                                  -87.33655f,
                                  -103.97208f,
                                  -104.5f,
                                  0x1.fffffep-1f,
                                  0x1.000002p0f,
                                  0.5f,
                                  -0x1.fffffep-1f,
                                  9.01f,
                                  3.92f,
                                  0x1p-24f,
                                  0x1p-60f};
    float *arguments = aligned_alloc(64, SAMPLES * sizeof(float));
    int half = SAMPLES / 2;
    for (int i = 0; i < half; i++)
        arguments[i] = float_from_bits((uint32_t)(((uint64_t)i << 32) / (uint64_t)half));
    for (int i = half; i < SAMPLES; i++)
        arguments[i] = (float)(low + (high - low) * (i - half) / half);
    memcpy(arguments, edges, sizeof edges);
    return arguments;
}

static void check_function(const char *name, double (*reference)(double), double low, double high,
                           double limit) {
    char text[256];
    snprintf(text, sizeof text,
             "graph \"math\"\nsymbols d0\n%%0 = input{name=\"0\"} : f32[d0]\n"
             "%%1 = %s(%%0) : f32[d0]\noutput \"0\" = %%1\n",
             name);
    Kernel *kernel = kernel_from_text(KERNEL_MAP, text);
    KernelRun run = kernel_link(kernel, 0);
    float *arguments = make_arguments(low, high),
          *results = aligned_alloc(64, SAMPLES * sizeof(float));
    run.function((void *const[]){arguments, results}, (int64_t[]){SAMPLES}, NULL, NULL, 0, 1);
    double worst = 0;
    float where = 0;
    for (int i = 0; i < SAMPLES; i++) {
        if (fabsf(arguments[i]) > limit && isfinite(arguments[i])) continue;
        double distance = ulps(results[i], reference((double)arguments[i]));
        if (distance > worst) worst = distance, where = arguments[i];
    }
    cr_log_info("%s: %.3f ulp at %a", name, worst, (double)where);
    cr_expect(worst <= 2, "%s is off by %.3f ulp at %a", name, worst, (double)where);
    free(arguments);
    free(results);
    kernel_unlink(&run);
    kernel_free(kernel);
}

static double reciprocal_root(double x) { return 1 / sqrt(x); }

Test(math, exp) { check_function("exp", exp, -105, 89, INFINITY); }
Test(math, expm1) { check_function("expm1", expm1, -3, 3, INFINITY); }
Test(math, log) { check_function("log", log, 0.1, 3, INFINITY); }
Test(math, log1p) { check_function("log1p", log1p, -0.99, 3, INFINITY); }
Test(math, tanh) { check_function("tanh", tanh, -10, 10, INFINITY); }
Test(math, erf) { check_function("erf", erf, -4.5, 4.5, INFINITY); }
/* Angles beyond 2^48 give NaN, as math.c says. */
Test(math, sin) { check_function("sin", sin, -20, 20, 0x1p48); }
Test(math, cos) { check_function("cos", cos, -20, 20, 0x1p48); }
Test(math, sqrt) { check_function("sqrt", sqrt, 0, 10, INFINITY); }
Test(math, rsqrt) { check_function("rsqrt", reciprocal_root, 0, 10, INFINITY); }
