/* One call of the reranking addresses: what the clients of Cohere, Jina, vLLM, llama.cpp, Voyage
 * and Text Embeddings Inference (TEI) ask for and expect. Shared by rerank*.c and nobody else. */
#ifndef API_RERANK_H
#define API_RERANK_H

#include "server/api/kit/relevance.h"
#include "server/api/v1/v1.h"

/* How the answer looks: Cohere's, which the others but two share; Voyage's, whose list is `data`;
 * TEI's, a bare list. */
enum rerank_shape { RERANK_COHERE, RERANK_VOYAGE, RERANK_TEI };

struct rerank_document {
    struct view text; /* what is ranked */
    json_t *given;    /* as it stands in the request; NULL for a reference */
    int index;        /* in the request */
    double raw, relevance;
    float *out[1 + SURFACE_EMPTY]; /* log-probabilities of the query's tokens, then the wishes' */
};

struct rerank {
    struct v1 *c;
    int version; /* of Cohere's interface: 1 or 2 */
    /* The request. */
    enum rerank_shape shape;
    const char *list; /* the documents' field */
    struct view query;
    struct rerank_document *doc; /* (n), by relevance once ranked */
    int n, top;
    int with_text, raw_scores;
    int refuse_cut;   /* a document that is too long is an error */
    int document_cap; /* tokens that the client wants of a document, 0 = as many as fit */
    /* The prompt. */
    struct surface surface;
    struct view root, tail;
    struct view query_text[1 + SURFACE_EMPTY]; /* as they stand in the prompt */
    int n_query_texts, n_tokens[1 + SURFACE_EMPTY];
    int query_max, document_max, reference_max, n_cut;
    struct rerank_document reference[RELEVANCE_REFERENCES];
    char prior_key[RELEVANCE_KEY];
    double prior[RELEVANCE_REFERENCES]; /* of the references, where has_prior */
    int has_prior;
    struct prompt prompt;
    long long tokens; /* of the request's own part of the prompt */
};

/* Reads the request into x, whose c and version are set. ST_INVALID names the field. */
enum status rerank_read(struct rerank *x, struct err *e) MUST_CHECK;

/* Writes the whole answer of a ranked x to x->c->out. */
enum status rerank_answer(struct rerank *x, struct err *e) MUST_CHECK;

#endif
