/* Verdict. */
#include "runtime/engine/verdict.h"

#include <math.h>

static const double least_share = 1.0 / 7;

const MachineLevel *machine_level(const Machine *machine, double bytes) {
    int i = 0;
    while (i + 1 < machine->n_levels && machine->levels[i].capacity < bytes) i++;
    return &machine->levels[i];
}

Verdict verdict_of(const ProfileRow *row, const Machine *machine) {
    double runs = (double)(row->runs ? row->runs : 1);
    const MachineLevel *level = machine_level(machine, row->cost.bytes / runs);
    double compute = row->cost.flops / machine->flops, data = row->cost.bytes / level->bytes;
    double whole = row->run_s + row->after_s;
    Verdict verdict = {compute > data ? "compute" : level->name, whole > 0 ? fmax(compute, data) / whole : 0};
    if (row->after_s > row->run_s / 2)
        verdict.bound = row->after_s <= 2 * runs * machine->barrier ? "barriers" : "imbalance";
    else if (verdict.share < least_share)
        verdict.bound = "latency";
    return verdict;
}

VerdictText verdict_text(Verdict verdict) {
    VerdictText text;
    snprintf(text.text, sizeof text.text, "%s, %.0f %%", verdict.bound, 100 * verdict.share);
    return text;
}
