"""From the rows of a table to keys and values, as a configuration says: the columns of bulk annotations.

A configuration is a dict: ``defaults`` for all columns, and ``columns``, each ``{"name": header, ...}`` or
``{"group": {"namespace": ..., "columns": [...]}}``. Options of a column: ``clientname`` the key to be used, else the
header; ``clientvalue`` a Jinja2 template of ``value``; ``split`` at what a value becomes several; ``omitempty`` no
value for empty ones; ``position`` from 1 among the keys; ``visible``, without which the key begins with "__";
``include``, ``includeclient`` and ``type`` for the programs that read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

import omero.constants.namespaces

__all__ = [
    "NSBULKANNOTATIONSCONFIG",
    "NSBULKANNOTATIONSRAW",
    "BulkAnnotationConfiguration",
    "GroupConfig",
    "KeyValueGroupList",
    "KeyValueListPassThrough",
    "KeyValueListTransformer",
]

NSBULKANNOTATIONSCONFIG: str = omero.constants.namespaces.NSBULKANNOTATIONS + "/config"
NSBULKANNOTATIONSRAW: str = omero.constants.namespaces.NSBULKANNOTATIONS + "/raw"

Config = dict[str, Any]
KeyValues = tuple[str, list[Any]]

DEFAULTS: Config = {
    "include": True,
    "type": "string",
    "position": -1,
    "visible": True,
    "clientname": None,
    "clientvalue": None,
    "includeclient": True,
    "split": False,
    "omitempty": False,
}


class GroupConfig:
    """Columns that go into one namespace; "" for those of no group."""

    def __init__(self, namespace: str, column_cfg: list[Any]) -> None:
        self.namespace = namespace
        self.columns = column_cfg

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GroupConfig) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


class KeyValueListPassThrough:
    """Leaves rows as they are."""

    def __init__(self, headers: Sequence[str], default_cfg: Any = None, column_cfgs: Any = None) -> None:
        self.headers = headers

    def transform(self, rowvalues: Sequence[Any]) -> Sequence[Any]:
        """The row itself. Raises ValueError when it has not as many values as there are headers."""
        _check_length(rowvalues, self.headers)
        return rowvalues


def _check_length(row: Sequence[Any], headers: Sequence[str]) -> None:
    if len(row) != len(headers):
        raise ValueError(f"A row has {len(row)} values for {len(headers)} headers")


class KeyValueListTransformer:
    """Makes keys with values of rows. ``output_configs``: (configuration, column number) of each key."""

    def __init__(
        self, headers: Sequence[str], output_configs: list[tuple[Config, int]], name: str | None = None
    ) -> None:
        self.headers = headers
        self.output_configs = output_configs
        self.name = name

    def transform(self, rowvalues: Sequence[Any]) -> list[KeyValues]:
        """(key, values) of each configured column. Raises ValueError for a row of another length than the headers."""
        _check_length(rowvalues, self.headers)
        return [self.transform1(rowvalues[column], config) for config, column in self.output_configs]

    @staticmethod
    def transform1(value: Any, cfg: Config) -> KeyValues:
        """(key, values) of one value. Raises ImportError when a template is used without Jinja2."""
        key = cfg["clientname"] or cfg["name"]
        if not cfg["visible"]:
            key = f"__{key}"
        values = [part.strip() for part in str(value).split(cfg["split"])] if cfg["split"] else [value]
        if cfg["omitempty"]:
            values = [each for each in values if each is not None and each != ""]
        if cfg["clientvalue"]:
            template = _template(cfg["clientvalue"])
            values = [template.render(value=each) for each in values]
        return key, values


def _template(text: str) -> Any:
    """A template that can do no more than make text."""
    try:
        sandbox = import_module("jinja2.sandbox")
    except ImportError as error:
        raise ImportError("The option clientvalue needs Jinja2: pip install jinja2") from error
    return sandbox.SandboxedEnvironment().from_string(text)


class BulkAnnotationConfiguration:
    """A checked configuration. Exceptions name what is wrong with it."""

    REQUIRED = ["name"]
    OPTIONAL = sorted(DEFAULTS)
    GROUPREQUIRED = ["columns", "namespace"]

    def __init__(self, default_cfg: Config | None, column_cfgs: Iterable[Config] | None) -> None:
        self.default_cfg = self.get_default_cfg(default_cfg)
        self.column_cfgs: list[Config] = []
        self.group_cfgs: list[GroupConfig] = []
        for cfg in column_cfgs or []:
            if "group" in cfg:
                self.validate_group_config(cfg["group"])
                columns = [self.get_column_config(column) for column in cfg["group"]["columns"]]
                self.group_cfgs.append(GroupConfig(cfg["group"]["namespace"], columns))
            else:
                self.column_cfgs.append(self.get_column_config(cfg))

    @staticmethod
    def get_default_cfg(cfg: Config | None) -> Config:
        """The defaults for columns, completed. Raises Exception for an option that there is not."""
        wrong = sorted(set(cfg or {}) - set(DEFAULTS))
        if wrong:
            raise Exception(f"Invalid key(s) in column defaults: {wrong}")
        return {**DEFAULTS, **(cfg or {})}

    @classmethod
    def validate_column_config(cls, cfg: Config) -> None:
        """Raise Exception for a column without name, or with an option that there is not."""
        _check_keys(cfg, cls.REQUIRED, cls.OPTIONAL, "column configuration")
        if not cfg["name"]:
            raise Exception(f"Empty name in column configuration: {cfg}")

    @classmethod
    def validate_filled_column_config(cls, cfg: Config) -> None:
        """Raise Exception for a column that has not all options, or options that contradict each other."""
        _check_keys(cfg, cls.REQUIRED + cls.OPTIONAL, [], "column+defaults configuration")
        if cfg["includeclient"] and not cfg["include"]:
            raise Exception("Option `includeclient` requires option `include`")

    @classmethod
    def validate_group_config(cls, cfg: Config) -> None:
        """Raise Exception for a group without namespace or columns."""
        _check_keys(cfg, cls.GROUPREQUIRED, [], "group configuration", known_only=False)
        for key in cls.GROUPREQUIRED:
            if not cfg[key]:
                raise Exception(f"Empty {key} in group configuration: {cfg}")
        _check_keys(cfg, cls.GROUPREQUIRED, [], "group configuration")

    def get_column_config(self, cfg: Config) -> Config:
        """A column's options, completed by the defaults. Raises Exception for wrong ones."""
        self.validate_column_config(cfg)
        filled = {**self.default_cfg, **cfg}
        self.validate_filled_column_config(filled)
        return filled


def _check_keys(cfg: Config, required: list[str], optional: list[str], what: str, known_only: bool = True) -> None:
    missing = sorted(set(required) - set(cfg))
    if missing:
        raise Exception(f"Required key(s) missing from {what}: {missing}")
    wrong = sorted(set(cfg) - set(required) - set(optional))
    if wrong and known_only:
        raise Exception(f"Invalid key(s) in {what}: {wrong}")


class KeyValueGroupList(BulkAnnotationConfiguration):
    """A configuration for a table with some headers: which columns give the keys of each namespace, in which order."""

    def __init__(
        self, headers: Sequence[str], default_cfg: Config | None, column_cfgs: Iterable[Config] | None
    ) -> None:
        """Raises KeyError for a configured column that is not among the headers."""
        super().__init__(default_cfg, column_cfgs)
        self.headers = headers
        self.headerindexmap = {header: number for number, header in enumerate(headers)}
        self.checked: set[str] = set()
        self.output_configs = self.get_output_configs()

    def get_output_configs(self) -> list[GroupConfig]:
        """The groups, and last the columns of no group, which are joined by those that nothing was said about."""
        self.checked = set()
        groups = [
            GroupConfig(group.namespace, self.get_group_output_configs(group.columns, False))
            for group in self.group_cfgs
        ]
        return [*groups, GroupConfig("", self.get_group_output_configs(self.column_cfgs, True))]

    def get_group_output_configs(self, column_cfgs: list[Config], isdefault: bool) -> list[tuple[Config, int]]:
        """(configuration, column number) of columns: first those with a position, then the others as they come.

        With ``isdefault`` the headers that no configuration names follow, when columns are included by default.
        """
        filled = [{**self.default_cfg, **cfg} for cfg in column_cfgs]
        self.checked.update(cfg["name"] for cfg in filled)
        if isdefault and self.default_cfg["include"]:
            rest = [header for header in self.headers if header not in self.checked]
            filled += [{**self.default_cfg, "name": header} for header in rest]
        wanted = [cfg for cfg in filled if cfg["include"]]
        wanted.sort(key=lambda cfg: (cfg["position"] <= 0, cfg["position"] if cfg["position"] > 0 else 0))
        return [(cfg, self.headerindexmap[cfg["name"]]) for cfg in wanted]

    def get_transformers(self) -> list[KeyValueListTransformer]:
        """What makes keys and values of rows, one for each namespace, which is its ``name``."""
        return [KeyValueListTransformer(self.headers, group.columns, group.namespace) for group in self.output_configs]
