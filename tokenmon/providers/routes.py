"""The endpoints of each family: what a method and a path's end mean, as data.

The same ends stand under `/v1`, `/openai/deployments/X`, `/v1beta/openai` and more, so only ends are compared. The
first match counts. `docs/providers.md` is made from these tables (`scripts/providers.py`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tokenmon.providers.provider import Family

Wire = Literal[
    "openai_chat", "openai_responses", "openai_object", "openai_run", "anthropic", "gemini", "gemini_interaction",
    "vertex_predict", "bedrock_converse", "bedrock_invoke", "cohere", "ollama", "openai_realtime", "gemini_live",
    "none",
]  # fmt: skip
# exact: stated with the answer. asked: a stream states it when asked to, which tokenmon does. polled: stated in an
# object that is fetched again and again, counted once. some: it depends on the model. none: the answer states
# nothing. unbilled: never a record.
Knowledge = Literal["exact", "asked", "polled", "some", "none", "unbilled"]


@dataclass(frozen=True, slots=True)
class Route:
    """One kind of endpoint: a path's end as people write it, `*` for one segment, `{model}` where it names a model.

    `{arn}` is a model's name that may hold a slash, as Amazon's resource names do. A path's letter case counts nowhere.
    `is_stream` tells that the path itself asks for a stream, `processing` that it is priced as a batch.
    """

    path: str
    operation_name: str
    wire: Wire
    knows: Knowledge = "exact"
    method: str = "POST"
    is_stream: bool = False
    processing: str | None = None

    @property
    def billable(self) -> bool:
        """Whether a call becomes a record."""
        return self.knows != "unbilled"

    def pattern(self) -> re.Pattern[str]:
        """What the end of a path must match."""
        text = re.escape(self.path).replace(r"\*", "[^/]+")
        text = text.replace(r"\{model\}", "(?P<model>[^/]+?)").replace(r"\{arn\}", "(?P<model>.+?)")
        return re.compile(text + "$", re.IGNORECASE)


OPENAI = (
    Route("/chat/completions", "chat", "openai_chat", "asked"),
    Route("/responses/input_tokens", "count_tokens", "none", "unbilled"),
    Route("/responses/compact", "chat", "openai_responses"),
    Route("/responses/*/cancel", "chat", "openai_responses", "polled"),
    Route("/responses", "chat", "openai_responses"),
    Route("/responses/*", "chat", "openai_responses", "polled", method="GET"),
    Route("/chat/completions/*", "chat", "openai_chat", "polled", method="GET"),
    Route("/embeddings", "embeddings", "openai_chat"),
    Route("/images/generations", "image_generation", "openai_chat", "some"),
    Route("/images/edits", "image_generation", "openai_chat", "some"),
    Route("/images/variations", "image_generation", "openai_chat", "some"),
    Route("/audio/transcriptions", "transcription", "openai_chat", "some"),
    Route("/audio/translations", "transcription", "openai_chat", "some"),
    Route("/audio/speech", "speech", "openai_chat", "none"),
    Route("/videos", "video_generation", "openai_object", "none"),
    Route("/videos/*/remix", "video_generation", "openai_object", "none"),
    Route("/moderations", "moderation", "openai_chat", "none"),
    Route("/rerank", "rerank", "cohere"),
    Route("/completions", "text_completion", "openai_chat", "asked"),
    Route("/threads/runs", "invoke_agent", "openai_run", "polled"),
    Route("/threads/*/runs", "invoke_agent", "openai_run", "polled"),
    Route("/threads/*/runs/*/submit_tool_outputs", "invoke_agent", "openai_run", "polled"),
    Route("/threads/*/runs/*", "invoke_agent", "openai_run", "polled", method="GET"),
    Route("/batches/*", "batch", "openai_object", "polled", method="GET", processing="batch"),
    # Sessions over a WebSocket, each response in one a call.
    Route("/realtime", "realtime", "openai_realtime", method="GET", is_stream=True),
)
ANTHROPIC = (
    Route("/messages/count_tokens", "count_tokens", "none", "unbilled"),
    Route("/messages/batches/*", "batch", "openai_object", "none", method="GET", processing="batch"),
    Route("/v1/messages", "chat", "anthropic"),
    Route("/v1/complete", "text_completion", "openai_chat", "none"),
)
GEMINI = (
    Route("/models/{model}:countTokens", "count_tokens", "none", "unbilled"),
    Route("/models/{model}:generateContent", "generate_content", "gemini"),
    Route("/models/{model}:streamGenerateContent", "generate_content", "gemini", is_stream=True),
    Route("/models/{model}:embedContent", "embeddings", "gemini", "some"),
    Route("/models/{model}:batchEmbedContents", "embeddings", "gemini", "some"),
    Route("/models/{model}:predict", "image_generation", "vertex_predict", "none"),
    Route("/models/{model}:predictLongRunning", "video_generation", "openai_object", "none"),
    # The batch that it makes is the one that is fetched later.
    Route("/models/{model}:batchGenerateContent", "batch", "openai_object", "none", processing="batch"),
    Route("/tunedModels/{model}:generateContent", "generate_content", "gemini"),
    Route("/tunedModels/{model}:streamGenerateContent", "generate_content", "gemini", is_stream=True),
    Route("/interactions", "generate_content", "gemini_interaction"),
    Route("/interactions/*", "generate_content", "gemini_interaction", "polled", method="GET"),
    Route("/v1beta/batches/*", "batch", "openai_object", "none", method="GET", processing="batch"),
    # Gemini Live over a WebSocket; Vertex names its service alike.
    Route("BidiGenerateContent", "realtime", "gemini_live", method="GET", is_stream=True),
    Route("BidiGenerateContentConstrained", "realtime", "gemini_live", method="GET", is_stream=True),
)
VERTEX = (
    Route("/publishers/anthropic/models/count-tokens:rawPredict", "count_tokens", "none", "unbilled"),
    Route("/publishers/anthropic/models/{model}:rawPredict", "chat", "anthropic"),
    Route("/publishers/anthropic/models/{model}:streamRawPredict", "chat", "anthropic", is_stream=True),
    Route("/publishers/*/models/{model}:rawPredict", "chat", "openai_chat"),
    Route("/publishers/*/models/{model}:streamRawPredict", "chat", "openai_chat", is_stream=True),
    Route("/models/{model}:predict", "embeddings", "vertex_predict"),
    Route("/endpoints/{model}:predict", "embeddings", "vertex_predict"),
    Route("/endpoints/{model}:generateContent", "generate_content", "gemini"),
    Route("/endpoints/{model}:streamGenerateContent", "generate_content", "gemini", is_stream=True),
)
BEDROCK = (
    Route("/model/{arn}/count-tokens", "count_tokens", "none", "unbilled"),
    Route("/model/{arn}/converse", "chat", "bedrock_converse"),
    Route("/model/{arn}/converse-stream", "chat", "bedrock_converse", is_stream=True),
    Route("/model/{arn}/invoke", "chat", "bedrock_invoke", "some"),
    Route("/model/{arn}/invoke-with-response-stream", "chat", "bedrock_invoke", "some", is_stream=True),
)
COHERE = (
    Route("/v1/chat", "chat", "cohere"),
    Route("/v2/chat", "chat", "cohere"),
    Route("/v1/generate", "text_completion", "cohere"),
    Route("/v1/summarize", "text_completion", "cohere"),
    Route("/v1/classify", "classification", "cohere"),
    Route("/embed", "embeddings", "cohere"),
    Route("/rerank", "rerank", "cohere"),
    Route("/audio/transcriptions", "transcription", "openai_chat", "none"),
)
OLLAMA = (
    Route("/api/chat", "chat", "ollama"),
    Route("/api/generate", "text_completion", "ollama"),
    Route("/api/embed", "embeddings", "ollama"),
    Route("/api/embeddings", "embeddings", "ollama", "none"),
)
MISTRAL = (
    Route("/conversations", "chat", "openai_chat"),
    Route("/conversations/*", "chat", "openai_chat"),
    Route("/conversations/*/restart", "chat", "openai_chat"),
    Route("/ocr", "ocr", "openai_chat"),
)
WRITER = (Route("/v1/chat", "chat", "openai_chat", "asked"),)
SNOWFLAKE = (Route("/cortex/inference:complete", "chat", "openai_chat"),)
ALIBABA = (
    Route("/services/aigc/text-generation/generation", "chat", "openai_chat"),
    Route("/services/aigc/multimodal-generation/generation", "chat", "openai_chat"),
)
VOYAGE = (
    Route("/multimodalembeddings", "embeddings", "openai_chat"),
    Route("/contextualizedembeddings", "embeddings", "openai_chat"),
)
XAI = (Route("/chat/deferred-completion/*", "chat", "openai_chat", "polled", method="GET"),)

ROUTES: Mapping[Family, tuple[Route, ...]] = {
    "openai": OPENAI,
    "anthropic": ANTHROPIC,
    "gemini": GEMINI,
    "vertex": VERTEX,
    "bedrock": BEDROCK,
    "cohere": COHERE,
    "ollama": OLLAMA,
    "mistral": MISTRAL,
    "writer": WRITER,
    "snowflake": SNOWFLAKE,
    "alibaba": ALIBABA,
    "voyage": VOYAGE,
    "xai": XAI,
}
