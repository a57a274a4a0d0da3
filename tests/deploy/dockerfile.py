"""Reads a Dockerfile and a .dockerignore as far as ours go: no parser of them is kept up well."""

import json
import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Stage:
    """One stage of an image: the image that it begins with, its name, its steps (word, rest)."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, word):
        """The rest of the last step of that word."""
        return [rest for each, rest in self.steps if each == word][-1]

    def pairs(self, *words):
        """What ENV or ARG steps set, in order, as (name, value) with variables as they stand."""
        return [
            (name, value)
            for word, rest in self.steps
            if word in words
            for name, _, value in (pair.partition("=") for pair in rest.split())
        ]


def stages(text):
    """The stages of a Dockerfile."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    found: list[Stage] = []
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            found.append(Stage(base, name))
        elif word:
            found[-1].steps.append((word, rest.strip()))
    return found


def expand(text, variables):
    """A text in which $NAME stands for its value."""
    return re.sub(r"\$(\w+)", lambda match: variables.get(match[1], ""), text)


def health(stage):
    """The command of HEALTHCHECK, as a list, and its options by name."""
    options, _, command = stage.last("HEALTHCHECK").partition("CMD")
    named = dict(option.removeprefix("--").split("=") for option in options.split())
    return json.loads(command), named


def pattern(line):
    """A line of .dockerignore as an expression that matches paths."""
    marks = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", line.strip("/"))
    return re.compile("".join(marks.get(part, re.escape(part)) for part in parts))


def context(folder, ignore):
    """The files that the build gets, as paths within `folder`: the last line that fits decides.

    A line fits a file also by fitting a folder that it is in.
    """
    lines = [line.strip() for line in ignore.splitlines()]
    rules = [
        (not line.startswith("!"), pattern(line.removeprefix("!")))
        for line in lines
        if line and not line.startswith("#")
    ]
    kept = []
    for place, folders, files in os.walk(folder):
        if Path(place) == Path(folder):
            folders[:] = [name for name in folders if name not in (".git", ".venv", "runs")]
        for file in files:
            path = (Path(place) / file).relative_to(folder)
            ways = [str(path), *(str(parent) for parent in path.parents[:-1])]
            out = False
            for away, rule in rules:
                if any(rule.fullmatch(way) for way in ways):
                    out = away
            if not out:
                kept.append(path)
    return sorted(kept)


def copy_context(folder, ignore, target):
    """Lay the build context out in the folder `target`."""
    for path in context(folder, ignore):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / path, target / path)
