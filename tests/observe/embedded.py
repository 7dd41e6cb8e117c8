"""CloudWatch's embedded metric format, as its specification says a line must be.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt

Name = Annotated[str, Field(min_length=1, max_length=1024)]
Number = StrictInt | StrictFloat
Value = Number | Annotated[list[Number], Field(min_length=1, max_length=100)]
Unit = Literal["Count", "Milliseconds", "Seconds"]


class Definition(BaseModel):
    model_config = ConfigDict(extra="forbid")
    Name: Name
    Unit: Unit


class Directive(BaseModel):
    model_config = ConfigDict(extra="forbid")
    Namespace: Name
    Dimensions: Annotated[list[Annotated[list[Name], Field(max_length=30)]], Field(min_length=1)]
    Metrics: Annotated[list[Definition], Field(min_length=1, max_length=100)]


class About(BaseModel):
    model_config = ConfigDict(extra="forbid")
    Timestamp: StrictInt
    CloudWatchMetrics: Annotated[list[Directive], Field(min_length=1)]


class Line(BaseModel):
    """A line: what it is about, its dimensions as words, and its values; nothing else."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Value | Name]
    aws: About = Field(alias="_aws")


def read(text: str) -> list[dict[str, Any]]:
    """Give the members of every line of measurements in an output; fails for one that is bad."""
    lines = []
    for written in text.splitlines():
        if not written.startswith('{"_aws"'):
            continue
        line = Line.model_validate_json(written)
        members = dict(line.__pydantic_extra__)
        for directive in line.aws.CloudWatchMetrics:
            words = {name for group in directive.Dimensions for name in group}
            values = {definition.Name for definition in directive.Metrics}
            assert members.keys() == words | values, "what is named is there, and nothing else"
            assert all(isinstance(members[name], str) for name in words)
            assert not any(isinstance(members[name], str) for name in values)
        assert len(written) < 4096, "one write to a pipe stays whole"
        lines.append(members | {"at": line.aws.Timestamp})
    return lines


def total(text: str, name: str) -> float:
    """Sum what an output's lines say of one measurement."""
    return sum(line.get(name, 0) for line in read(text))


def logged(text: str) -> list[dict[str, Any]]:
    """Give the log's own lines of an output."""
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [line for line in lines if "_aws" not in line]
