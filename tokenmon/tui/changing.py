"""What the screens of quotas and platforms store without a form; called in a thread."""

from dataclasses import replace

from tokenmon.storage.store import Store


def forget_quota(store: Store, name: str) -> None:
    """Take a platform's quota away; NotFoundError where there is no such platform."""
    store.replace_platform(replace(store.platform(name), quota=None))
