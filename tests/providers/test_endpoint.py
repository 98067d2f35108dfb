"""What paths mean: the operation, the wire format, the model in the path, and what never becomes a record."""

import pytest

from tokenmon.providers.endpoint import UNKNOWN, endpoint
from tokenmon.providers.registry import PROVIDERS, upstream_path

GOOGLE = "/v1beta1/projects/p/locations/global/publishers"
ARN = "arn:aws:bedrock:us-east-1:123:inference-profile/us.claude"


@pytest.mark.parametrize(
    ("provider", "path", "operation", "wire", "model"),
    [
        ("openai", "/v1/chat/completions", "chat", "openai_chat", None),
        ("openai", "/v1/completions", "text_completion", "openai_chat", None),
        ("openai", "/v1/threads/thread_1/runs", "invoke_agent", "openai_run", None),
        ("azure", "/openai/deployments/my-dep/chat/completions", "chat", "openai_chat", "my-dep"),
        ("groq", "/openai/v1/chat/completions", "chat", "openai_chat", None),
        ("deepseek", "/anthropic/v1/messages", "chat", "anthropic", None),
        ("gemini", "/v1beta/models/g:streamGenerateContent", "generate_content", "gemini", "g"),
        ("gemini", "/v1beta/interactions", "generate_content", "gemini_interaction", None),
        ("vertex", f"{GOOGLE}/google/models/g:generateContent", "generate_content", "gemini", "g"),
        ("vertex", f"{GOOGLE}/google/models/e:predict", "embeddings", "vertex_predict", "e"),
        ("vertex", f"{GOOGLE}/anthropic/models/claude@2:streamRawPredict", "chat", "anthropic", "claude@2"),
        ("vertex", f"{GOOGLE}/mistralai/models/m:rawPredict", "chat", "openai_chat", "m"),
        ("gemini", "/v1beta/models/g:batchGenerateContent", "batch", "openai_object", "g"),
        ("vertex", f"{GOOGLE}/google/models/veo:predictLongRunning", "video_generation", "openai_object", "veo"),
        ("openai", "/v1/videos", "video_generation", "openai_object", None),
        ("mistral", "/v1/ocr", "ocr", "openai_chat", None),
        ("mistral", "/v1/conversations/conv_1/restart", "chat", "openai_chat", None),
        ("perplexity", "/async/chat/completions", "chat", "openai_chat", None),
        ("bedrock", "/model/amazon.nova:0/converse-stream", "chat", "bedrock_converse", "amazon.nova:0"),
        ("bedrock", f"/model/{ARN}/invoke", "chat", "bedrock_invoke", ARN),
        ("cohere", "/v1/chat", "chat", "cohere", None),
        ("cohere", "/v2/rerank", "rerank", "cohere", None),
        ("cohere", "/compatibility/v1/chat/completions", "chat", "openai_chat", None),
        ("ollama", "/api/chat", "chat", "ollama", None),
        ("ollama", "/v1/chat/completions", "chat", "openai_chat", None),
        ("writer", "/v1/chat", "chat", "openai_chat", None),
        ("openai-compatible", "/api/generate", "text_completion", "ollama", None),
    ],
)
def test_a_path_names_its_wire_format(provider: str, path: str, operation: str, wire: str, model: str | None) -> None:
    found = endpoint(PROVIDERS[provider], "POST", path)

    assert (found.operation_name, found.wire, found.path_model, found.billable) == (operation, wire, model, True)


@pytest.mark.parametrize(
    ("provider", "method", "path"),
    [
        ("openai", "POST", "/v1/responses/input_tokens"),
        ("openai", "GET", "/v1/models"),
        ("openai", "GET", "/v1/responses/resp_1/input_items"),
        ("openai", "GET", "/v1/threads/thread_1/runs"),
        ("openai", "GET", "/v1/batches"),
        ("openai", "POST", "/v1/batches"),
        ("openai", "POST", "/v1/threads/thread_1/messages"),
        ("anthropic", "POST", "/v1/messages/count_tokens"),
        ("anthropic", "POST", "/V1/Messages/Count_Tokens"),
        ("anthropic", "POST", "/v1/messages/batches"),
        ("gemini", "POST", "/v1beta/models/g:countTokens"),
        ("vertex", "POST", f"{GOOGLE}/google/models/g:countTokens"),
        ("vertex", "POST", f"{GOOGLE}/anthropic/models/count-tokens:rawPredict"),
        ("bedrock", "POST", "/model/claude/count-tokens"),
        ("cohere", "POST", "/v1/tokenize"),
    ],
)
def test_what_costs_nothing_is_no_record(provider: str, method: str, path: str) -> None:
    assert endpoint(PROVIDERS[provider], method, path) == UNKNOWN


@pytest.mark.parametrize(
    "path", ["/v1/responses/resp_1", "/v1/batches/batch_1", "/v1/threads/t/runs/r", "/v1/chat/completions/c"]
)
def test_what_is_fetched_again_is_read_too(path: str) -> None:
    found = endpoint(PROVIDERS["openai"], "GET", path)

    assert found.billable
    assert found.processing == ("batch" if "batches" in path else None)


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_knows_its_own_chat_path(name: str) -> None:
    spoken = PROVIDERS[name]
    path = upstream_path(spoken.default_base_url or "https://example.com", spoken.chat_path)

    assert endpoint(spoken, "POST", path).operation_name == "chat"
    assert "/v1/v1" not in path
