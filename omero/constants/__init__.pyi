# The classes of the Slice files carry no types.
from typing import Any

def __getattr__(name: str) -> Any: ...
