"""The engine of a model, by the model's name. Loads no weights."""

from llamax_kit.models.engines.copy import Copy
from llamax_kit.models.engines.transformers import Transformers


def open_engine(model: str, *, adapter: str = "", dtype: str = "auto", device: str = "auto", batch_tokens: int = 0):
    """Return the engine of a model; no weights are loaded before it has a sentence to complete.

    model: "copy" (the source is the answer), or what `loading.resolve` takes: a name of the catalogue, a hub id, a
    folder. dtype: "auto" (float32 on a CPU, bfloat16 on a GPU), "float32", "bfloat16", "float16". batch_tokens: tokens
    a batch may hold, prompts and new tokens of all beams together; 0: by what memory there is.

    Raises UnknownName for an unknown model, KitError for a dtype or device that is not there.
    """
    if model == "copy":
        return Copy()
    return Transformers(model, adapter=adapter, dtype=dtype, device=device, batch_tokens=batch_tokens)
