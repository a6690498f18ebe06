/* Templates: reading post-processors. */
#include "runtime/tokenize/sequence_template.h"

#include <string.h>

typedef struct PostKind {
    const char *type, *keys;
    bool (*read)(const Component *component, PostProcessor *post);
} PostKind;

enum { MAX_ITEMS = 100, MAX_SEGMENTS = 1 << 16 };

static void add(const Component *component, SequenceTemplate *to, int32_t id, int32_t segment) {
    vec_push(component->reader->arena, &to->items, ((TemplateItem){id, segment}));
}

static bool is_taken(const Component *component, const PostProcessor *post) {
    return post->single.items.count > 0 && !component_refuse(component, NULL, "a second one that puts special tokens");
}

/* --- BertProcessing, RobertaProcessing ---------------------------------------------------------------------------- */

/* ["</s>", 2] */
static bool read_pair(const Component *component, const char *key, int32_t *id) {
    const json_t *pair = json_object_get(component->json, key);
    return component_id(component, json_array_get(pair, 1), key, id);
}

static bool read_cls_sep(const Component *component, PostProcessor *post, int32_t second, bool doubled) {
    int32_t cls, sep;
    if (is_taken(component, post) || !read_pair(component, "cls", &cls) || !read_pair(component, "sep", &sep))
        return false;
    SequenceTemplate *const both[] = {&post->single, &post->pair};
    for (int i = 0; i < 2; i++) {
        add(component, both[i], cls, 0);
        add(component, both[i], ITEM_A, 0);
        add(component, both[i], sep, 0);
    }
    if (doubled) add(component, &post->pair, sep, 0);
    add(component, &post->pair, ITEM_B, second);
    add(component, &post->pair, sep, second);
    return true;
}

static bool read_basic(const Component *component, PostProcessor *post) {
    return read_cls_sep(component, post, 1, false);
}

static bool read_trimming(const Component *component, PostProcessor *post) {
    bool prefixed = true, trims = true;
    if (!component_flag(component, "add_prefix_space", &prefixed) || !component_flag(component, "trim_offsets", &trims))
        return false;
    if (trims && post->trims) return component_refuse(component, "trim_offsets", "spans are trimmed twice");
    if (trims) post->trims = true, post->prefixed = prefixed;
    return true;
}

static bool read_doubled(const Component *component, PostProcessor *post) {
    return read_trimming(component, post) && read_cls_sep(component, post, 0, true);
}

static bool read_byte_level(const Component *component, PostProcessor *post) {
    bool ignored;
    return component_flag(component, "use_regex", &ignored) && read_trimming(component, post);
}

/* --- TemplateProcessing ------------------------------------------------------------------------------------------- */

/* A special token stands for one id or several: {"[CLS]": {"id": "[CLS]", "ids": [101], ...}} */
static bool add_special(const Component *template, const Component *item, const char *name, int32_t segment,
                        SequenceTemplate *to) {
    const json_t *special = json_object_get(json_object_get(template->json, "special_tokens"), name);
    const json_t *ids = json_object_get(special, "ids");
    if (!json_is_array(ids)) return component_refuse(item, NULL, "'%s' is not among the special_tokens", name);
    for (size_t i = 0; i < json_array_size(ids); i++) {
        int32_t id;
        if (to->items.count >= MAX_ITEMS) return component_refuse(item, NULL, "too many special tokens");
        if (!component_id(item, json_array_get(ids, i), NULL, &id)) return false;
        add(item, to, id, segment);
    }
    return true;
}

/* {"Sequence": {"id": "A", "type_id": 0}} or {"SpecialToken": {"id": "[CLS]", "type_id": 0}} */
static bool read_item(const Component *template, const Component *item, SequenceTemplate *to) {
    const json_t *text = json_object_get(item->json, "Sequence"),
                 *special = json_object_get(item->json, "SpecialToken");
    const json_t *body = text ? text : special;
    const char *name = json_string_value(json_object_get(body, "id"));
    int32_t segment;
    if (!name) return component_refuse(item, NULL, "neither a Sequence nor a SpecialToken");
    if (!component_id(item, json_object_get(body, "type_id"), "type_id", &segment)) return false;
    if (segment >= MAX_SEGMENTS) return component_refuse(item, "type_id", "too large");
    if (special) return add_special(template, item, name, segment, to);
    if (strcmp(name, "A") != 0 && strcmp(name, "B") != 0) return component_refuse(item, "id", "'%s' is no text", name);
    add(item, to, *name == 'A' ? ITEM_A : ITEM_B, segment);
    return true;
}

static int count_of(const SequenceTemplate *template, int32_t id) {
    int count = 0;
    for (int i = 0; i < template->items.count; i++) count += template->items.items[i].id == id;
    return count;
}

static bool read_items(const Component *component, const char *key, int n_b, SequenceTemplate *to) {
    size_t count = json_array_size(json_object_get(component->json, key));
    for (size_t i = 0; i < count; i++) {
        Component item = component_item(component, key, i);
        if (!read_item(component, &item, to)) return false;
    }
    if (count_of(to, ITEM_A) == 1 && count_of(to, ITEM_B) == n_b) return true;
    return component_refuse(component, key, n_b ? "not each text once" : "not the text alone, once");
}

static bool read_template(const Component *component, PostProcessor *post) {
    return !is_taken(component, post) && read_items(component, "single", 0, &post->single) &&
           read_items(component, "pair", 1, &post->pair);
}

/* --- All kinds ---------------------------------------------------------------------------------------------------- */

static bool read_sequence(const Component *component, PostProcessor *post);

static const PostKind kinds[] = {
    {"BertProcessing", " sep cls ", read_basic},
    {"RobertaProcessing", " sep cls trim_offsets add_prefix_space ", read_doubled},
    {"TemplateProcessing", " single pair special_tokens ", read_template},
    {"ByteLevel", " add_prefix_space trim_offsets use_regex ", read_byte_level},
    {"Sequence", " processors ", read_sequence},
};

static bool read_any(const Component *component, PostProcessor *post) {
    const char *type = component_type(component);
    if (!json_is_object(component->json)) return component_refuse(component, NULL, "not an object");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].type, type) == 0)
            return component_keys(component, kinds[i].keys) && kinds[i].read(component, post);
    }
    return component_refuse(component, "type", "'%s' is not known", type);
}

static bool read_sequence(const Component *component, PostProcessor *post) {
    size_t count = json_array_size(json_object_get(component->json, "processors"));
    for (size_t i = 0; i < count; i++) {
        Component item = component_item(component, "processors", i);
        if (!read_any(&item, post)) return false;
    }
    return true;
}

bool post_processor_read(const Component *component, PostProcessor *post) {
    bool given = component->json && !json_is_null(component->json);
    if (given && !read_any(component, post)) return false;
    if (post->single.items.count > 0) return true;
    add(component, &post->single, ITEM_A, 0);
    add(component, &post->pair, ITEM_A, 0);
    add(component, &post->pair, ITEM_B, 1);
    return true;
}
