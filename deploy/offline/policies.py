"""`aws_iam_policy_document`, worked out for real: other checks read the policies it gives."""

import json
from typing import Any

Statement = dict[str, Any]
_LISTS = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}


def policy_json(config: dict[str, Any]) -> str:
    """Write the policy of a data source's arguments as the provider does (the parts in use)."""
    statements: list[Statement] = []
    for document in config.get("source_policy_documents") or []:
        _add(statements, _statements_of(document))
    _add(statements, [_statement(one) for one in config.get("statement") or []])
    for document in config.get("override_policy_documents") or []:
        _add(statements, _statements_of(document))
    out = {"Version": config.get("version") or "2012-10-17", "Statement": statements}
    if config.get("policy_id"):
        out["Id"] = config["policy_id"]
    return json.dumps(out, indent=2)


def _statements_of(document: object) -> list[Statement]:
    if not isinstance(document, str) or not document.strip():
        return []
    return json.loads(document).get("Statement", [])


def _add(statements: list[Statement], more: list[Statement]) -> None:
    """Append, or replace the statement that carries the same Sid."""
    for one in more:
        sid = one.get("Sid")
        same = [i for i, had in enumerate(statements) if sid and had.get("Sid") == sid]
        if same:
            statements[same[0]] = one
        else:
            statements.append(one)


def _statement(given: dict[str, Any]) -> Statement:
    out: Statement = {"Effect": given.get("effect") or "Allow"}
    if given.get("sid"):
        out["Sid"] = given["sid"]
    for argument, key in _LISTS.items():
        if given.get(argument):
            out[key] = _one_or_sorted(given[argument])
    for argument, key in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        if given.get(argument):
            out[key] = _principals(given[argument])
    if given.get("condition"):
        out["Condition"] = _conditions(given["condition"])
    return out


def _one_or_sorted(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else sorted(values)


def _principals(given: list[dict[str, Any]]) -> Any:
    grouped: dict[str, list[str]] = {}
    for one in given:
        grouped.setdefault(one["type"], []).extend(one["identifiers"])
    if grouped == {"*": ["*"]}:
        return "*"
    return {kind: _one_or_sorted(names) for kind, names in grouped.items()}


def _conditions(given: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    out: dict[str, dict[str, Any]] = {}
    for one in given:
        values = one["values"]
        out.setdefault(one["test"], {})[one["variable"]] = values[0] if len(values) == 1 else values
    return out
