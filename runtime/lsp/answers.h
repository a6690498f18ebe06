/* Answers: what an editor asks about a graph file, from the frontend, as the protocol's JSON. */
#ifndef GRADC_RUNTIME_LSP_ANSWERS_H
#define GRADC_RUNTIME_LSP_ANSWERS_H

#include "frontend/frontend.h"
#include "runtime/lsp/documents.h"

/* A document as the frontend sees it, with the texts that are open. It is elaborated anew when one of these has changed
 * or another document is asked about. */
typedef struct Look {
    char *path; /* of the document; NULL: none was looked at yet */
    int64_t edits;
    Diagnostics *diags;
    SourceNames *names;
} Look;

void look_away(Look *look); /* frees what it holds */

/* The caller owns what these return. */

/* What is wrong with a document and with what it imports: {URI: [diagnostic, ...]}, with a row for the document even
 * when all is well. */
json_t *answer_diagnostics(Look *look, const Documents *documents, const Document *document);
/* What the name at a place stands for, or null. `position`: as the protocol has it. */
json_t *answer_hover(Look *look, const Documents *documents, const Document *document, const json_t *position);
/* Where it is declared, or null. */
json_t *answer_definition(Look *look, const Documents *documents, const Document *document, const json_t *position);
/* The edits that lay the document out as `gradc fmt` does: one of the whole text, or none; null where it does not
 * parse. */
json_t *answer_formatting(const Document *document);

#endif
