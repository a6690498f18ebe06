/* Rounding of products: a cast before each operand. */
#include "passes/round_products.h"

#include "graph/rewrite.h"

static Node *rounded(Graph *to, Node *x, const Node *product) {
    NodeSpec spec = {.op = OP_cast, .n_inputs = 1, .inputs = &x, .type = type_scalar(ELEM_BF16), .pos = product->pos};
    return graph_node(to, &spec);
}

static Node *round_product(void *user, Graph *to, const Node *node, Node *const *inputs) {
    if (node->op != OP_matmul || node->inputs[0]->type.elem != ELEM_F32) return NULL;
    Node *operands[] = {rounded(to, inputs[0], node), rounded(to, inputs[1], node)};
    remark(user, node, "matmul reads its operands rounded to bf16");
    NodeSpec spec = {.op = OP_matmul, .n_inputs = 2, .inputs = operands, .attrs = node->attrs, .pos = node->pos};
    return graph_node(to, &spec);
}

Graph *round_products(const Graph *graph, Remarks *remarks) { return graph_rewrite(graph, round_product, remarks); }
