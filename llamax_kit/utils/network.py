"""How long the Hugging Face hub may be waited for: its client sets no limit for most of what it asks."""

CONNECT, READ = 5, 15  # seconds; a name can stand for four addresses, which are tried one after the other


def limit_waiting() -> None:
    """Let no request of the hub's client, for models or data sets, wait without end."""
    from huggingface_hub import get_session

    hooks = get_session().event_hooks["request"]
    if _limit not in hooks:
        hooks.append(_limit)


def _limit(request) -> None:
    """Set a time limit for a request that has none."""
    if not any((request.extensions.get("timeout") or {}).values()):
        request.extensions["timeout"] = {"connect": CONNECT, "read": READ, "write": READ, "pool": READ}
