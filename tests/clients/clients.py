"""Python clients of other servers, unmodified, against a running server: AT=http://127.0.0.1:PORT python3 clients.py

The packages are those of requirements.txt. Every client must put the tent first, above the threshold of .5, and the
socks below it, and find in the answer whatever it reads from its own server's.
"""
import os
import unittest

import requests

os.environ.update(LITELLM_LOCAL_MODEL_COST_MAP='True', COHERE_API_KEY='none')
AT = os.environ['AT']
KEY, QUERY = 'none', 'camping shelter'
DOCS = ['Blue wool socks', 'A waterproof tent for two people', 'A cookbook of French desserts']
TENT = 1


def plain(**more):
    answer = requests.post(AT + '/v1/rerank', json={'query': QUERY, 'documents': DOCS, **more}, timeout=60)
    answer.raise_for_status()
    return [(r['index'], r['relevance_score']) for r in answer.json()['results']]


class Clients(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.want = plain()

    def same(self, got, top=3):
        """got: (index, relevance) of each result, as the client has it."""
        self.assertEqual([i for i, _ in got], [i for i, _ in self.want[:top]])
        for (_, a), (_, b) in zip(got, self.want):
            self.assertAlmostEqual(a, b, 6)
        self.assertEqual([i for i, s in got if s > .5], [TENT])

    # --- Cohere

    def test_cohere(self):
        import cohere
        for client, version in ((cohere.ClientV2, '2'), (cohere.Client, '1')):
            c = client(api_key=KEY, base_url=AT)
            got = c.rerank(model='rerank-v3.5', query=QUERY, documents=DOCS)
            self.same([(r.index, r.relevance_score) for r in got.results])
            self.assertRegex(got.id, '^[0-9a-f-]{36}$')
            self.assertEqual(got.meta.api_version.version, version)
            self.assertEqual(got.meta.billed_units.search_units, 1)
            self.assertGreater(got.meta.tokens.input_tokens, 0)
            self.assertEqual(got.meta.warnings, [])
            more = {'max_tokens_per_doc': 4096} if version == '2' else {'max_chunks_per_doc': 10}
            got = c.rerank(model='rerank-v3.5', query=QUERY, documents=DOCS, top_n=1, **more)
            self.same([(r.index, r.relevance_score) for r in got.results], 1)
            with self.assertRaises(cohere.errors.BadRequestError) as caught:
                c.rerank(model='rerank-v3.5', query='', documents=DOCS)
            self.assertEqual(caught.exception.body['error']['field'], 'query')

    def test_cohere_documents(self):
        import cohere
        c = cohere.Client(api_key=KEY, base_url=AT)
        got = c.rerank(query=QUERY, documents=DOCS, return_documents=True, max_chunks_per_doc=10)
        self.assertEqual([r.document.text for r in got.results], [DOCS[r.index] for r in got.results])
        objects = [{'name': d, 'price': str(k)} for k, d in enumerate(DOCS)]
        got = c.rerank(query=QUERY, documents=objects, rank_fields=['name'], return_documents=True)
        self.same([(r.index, r.relevance_score) for r in got.results])
        self.assertEqual([r.document.dict() for r in got.results],
                         [{**objects[r.index], 'text': DOCS[r.index]} for r in got.results])

    def test_langchain_cohere(self):
        from langchain_cohere import CohereRerank
        from langchain_core.documents import Document
        c = CohereRerank(cohere_api_key=KEY, base_url=AT, model='rerank-v3.5', top_n=3)
        got = c.compress_documents([Document(page_content=d) for d in DOCS], QUERY)
        self.same([(DOCS.index(d.page_content), d.metadata['relevance_score']) for d in got])
        self.same([(r['index'], r['relevance_score']) for r in c.rerank(DOCS, QUERY, top_n=2)], 2)

    # --- LlamaIndex

    def nodes(self):
        from llama_index.core.schema import NodeWithScore, TextNode
        return [NodeWithScore(node=TextNode(text=d), score=0) for d in DOCS]

    def reordered(self, postprocessor, top=3):
        from llama_index.core.postprocessor import SimilarityPostprocessor
        got = postprocessor.postprocess_nodes(self.nodes(), query_str=QUERY)
        self.same([(DOCS.index(n.node.text), n.score) for n in got], top)
        kept = SimilarityPostprocessor(similarity_cutoff=.5).postprocess_nodes(got, query_str=QUERY)
        self.assertEqual([n.node.text for n in kept], [DOCS[TENT]])

    def test_llama_index_cohere(self):
        from llama_index.postprocessor.cohere_rerank import CohereRerank
        self.reordered(CohereRerank(api_key=KEY, base_url=AT, top_n=3))

    def test_llama_index_tei(self):
        from llama_index.postprocessor.tei_rerank import TextEmbeddingInference
        self.reordered(TextEmbeddingInference(base_url=AT, top_n=2), 2)

    # --- LiteLLM

    def test_litellm(self):
        import litellm
        for model, at in (('cohere/rerank-v3.5', AT), ('cohere/rerank-v3.5', AT + '/v1/rerank'),
                          ('hosted_vllm/m', AT), ('hosted_vllm/m', AT + '/v1'), ('huggingface/m', AT),
                          ('jina_ai/m', AT + '/v1/rerank'), ('voyage/rerank-2.5', AT + '/v1'), ('infinity/m', AT)):
            # Of Infinity LiteLLM wants documents as plain texts, and asks for them by the request of vLLM, of which it
            # wants objects; those are what it gets.
            more = {'return_documents': False} if 'infinity' in model else {}
            with self.subTest(model=model, at=at):
                got = litellm.rerank(model=model, query=QUERY, documents=DOCS, top_n=3, api_base=at, api_key=KEY, **more)
                self.same([(r['index'], r['relevance_score']) for r in got.results])
                self.assertTrue(got.id)
                if 'vllm' in model or 'jina' in model or 'cohere' in model or 'huggingface' in model:
                    self.assertEqual([r['document']['text'] for r in got.results],
                                     [DOCS[r['index']] for r in got.results])

    def test_litellm_embedding(self):
        import litellm
        got = litellm.embedding(model='openai/all-minilm-l6-v2', input=DOCS, api_base=AT + '/v1', api_key=KEY)
        self.assertEqual([len(d['embedding']) for d in got.data], [384] * 3)

    # --- Voyage, OpenAI

    def test_voyageai(self):
        import voyageai
        c = voyageai.Client(api_key=KEY, base_url=AT + '/v1')
        got = c.rerank(QUERY, DOCS, model='rerank-2.5')
        self.same([(r.index, r.relevance_score) for r in got.results])
        self.assertEqual([r.document for r in got.results], [DOCS[r.index] for r in got.results])
        self.assertGreater(got.total_tokens, 0)
        got = c.rerank(QUERY, DOCS, model='rerank-2.5', top_k=1)
        self.same([(r.index, r.relevance_score) for r in got.results], 1)

    def test_openai(self):
        import openai
        c = openai.OpenAI(api_key=KEY, base_url=AT + '/v1')
        ids = [m.id for m in c.models.list()]
        self.assertIn('all-minilm-l6-v2', ids)
        self.assertEqual(c.models.retrieve(ids[0]).id, ids[0])
        packed = c.embeddings.create(model='all-minilm-l6-v2', input=DOCS)  # asks for base64 by itself
        plain_ = c.embeddings.create(model='all-minilm-l6-v2', input=DOCS, encoding_format='float')
        for a, b in zip(packed.data, plain_.data):
            self.assertEqual(len(a.embedding), 384)
            self.assertTrue(all(abs(x - y) < 1e-7 for x, y in zip(a.embedding, b.embedding)))
        self.assertGreater(packed.usage.prompt_tokens, 0)
        with self.assertRaises(openai.BadRequestError):
            c.embeddings.create(model='all-minilm-l6-v2', input=[[1, 2, 3]])


if __name__ == '__main__':
    unittest.main(verbosity=2)
