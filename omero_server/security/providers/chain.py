"""Several providers, asked one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from omero_server.security.providers.base import (
    Account,
    Answer,
    PasswordFixed,
    PasswordProvider,
    ProviderUnavailable,
    Verdict,
)
from omero_server.sessions.call import InTransaction

__all__ = ["Chain"]


class Chain:
    """The first provider that says yes or no decides. One that cannot answer does not keep the others' users out."""

    def __init__(self, name: str, providers: Sequence[PasswordProvider]) -> None:
        self.name = name
        self.providers = tuple(providers)

    def check(self, name: str, password: str) -> Verdict:
        """The first final verdict; the reasons of all that were asked."""
        reasons: list[str] = []
        trouble: ProviderUnavailable | None = None
        for provider in self.providers:
            try:
                verdict = provider.check(name, password)
            except ProviderUnavailable as error:
                if error.mine:
                    raise
                trouble = trouble or error
                continue
            reasons.append(f"{provider.name}: {verdict.reason}")
            if verdict.answer is not Answer.NOT_MINE:
                return Verdict(verdict.answer, "; ".join(reasons))
        if trouble is not None:
            raise trouble
        return Verdict.not_mine("; ".join(reasons))

    def holds(self, account: Account) -> bool:
        """Whether any of them does."""
        return any(provider.holds(account) for provider in self.providers)

    def change(self, work: InTransaction, account: Account, password: str | None) -> None:
        """Let the first that holds the user change the password. Raises PasswordFixed."""
        for provider in self.providers:
            if provider.holds(account):
                provider.change(work, account, password)
                return
        raise PasswordFixed(f"No password provider of this server knows the user {account.name!r}.")
