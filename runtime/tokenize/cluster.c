/* Extended grapheme clusters: one pass, with what the rules ask of characters further back. */
#include "runtime/tokenize/cluster.h"

typedef struct Cluster {
    ClusterClass last;
    bool pictograph;        /* a pictograph with marks behind it; then, with ZWJ as the last, another may follow */
    bool consonant, linked; /* a consonant and, linked, a linker behind it, with nothing but marks since */
    bool odd;               /* regional indicators, an odd number of them */
} Cluster;

static bool is_control(ClusterClass class) {
    return class == CLUSTER_CONTROL || class == CLUSTER_CR || class == CLUSTER_LF;
}

/* GB6 to GB8. */
static bool joins_hangul(ClusterClass last, ClusterClass next) {
    if (last == CLUSTER_L) return next == CLUSTER_L || next == CLUSTER_V || next == CLUSTER_LV || next == CLUSTER_LVT;
    if (last == CLUSTER_LV || last == CLUSTER_V) return next == CLUSTER_V || next == CLUSTER_T;
    return (last == CLUSTER_LVT || last == CLUSTER_T) && next == CLUSTER_T;
}

static bool joins(const Cluster *cluster, ClusterClass next) {
    if (cluster->last == CLUSTER_CR && next == CLUSTER_LF) return true; /* GB3 */
    if (is_control(cluster->last) || is_control(next)) return false;    /* GB4, GB5 */
    if (joins_hangul(cluster->last, next)) return true;
    if (next == CLUSTER_EXTEND || next == CLUSTER_ZWJ) return true;                             /* GB9 */
    if (next == CLUSTER_SPACING || cluster->last == CLUSTER_PREPEND) return true;               /* GB9a, GB9b */
    if (next == CLUSTER_CONSONANT) return cluster->linked;                                      /* GB9c */
    if (next == CLUSTER_PICTOGRAPH) return cluster->last == CLUSTER_ZWJ && cluster->pictograph; /* GB11 */
    return next == CLUSTER_REGIONAL && cluster->odd;                                            /* GB12, GB13 */
}

static void advance(Cluster *cluster, uint32_t info) {
    ClusterClass class = (ClusterClass)(info >> CHAR_CLUSTER_SHIFT & 15);
    bool mark = class == CLUSTER_EXTEND || class == CLUSTER_ZWJ;
    cluster->odd = class == CLUSTER_REGIONAL && !cluster->odd;
    cluster->pictograph = class == CLUSTER_PICTOGRAPH || (mark && cluster->pictograph && cluster->last != CLUSTER_ZWJ);
    if (class == CLUSTER_CONSONANT)
        cluster->consonant = true, cluster->linked = false;
    else if (info & CHAR_CONJUNCT_LINKER)
        cluster->linked = cluster->consonant;
    else if (!(info & CHAR_CONJUNCT_EXTEND))
        cluster->consonant = cluster->linked = false;
    cluster->last = class;
}

int64_t cluster_end(const CharTable *chars, const char *text, int64_t at, int64_t length) {
    Cluster cluster = {0};
    int32_t c;
    at += utf8_read(text + at, &c);
    advance(&cluster, char_info(chars, c));
    while (at < length) {
        int used = utf8_read(text + at, &c);
        uint32_t info = char_info(chars, c);
        if (!joins(&cluster, (ClusterClass)(info >> CHAR_CLUSTER_SHIFT & 15))) break;
        advance(&cluster, info);
        at += used;
    }
    return at;
}
