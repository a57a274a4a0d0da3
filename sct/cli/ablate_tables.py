"""The tables that `python -m sct ablate` prints where JSON is not asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sct.cli import console
from sct.numbers import cut

if TYPE_CHECKING:
    from sct.ablation_study import Effects, Pairs

MOST_PAIRS = 15  # in the table; --json has all


def show(found: dict[str, Any]) -> None:
    """Prints the facts that `ablate` gathered."""
    (_clip if "clip" in found else _clips)(found)


def effects_facts(effects: Effects) -> dict[str, Any]:
    """Return an `Effects` for JSON."""
    return {
        "target": effects.label,
        "probability": float(effects.base[effects.target]),
        "label": effects.answer,
        "gmacs": effects.gmacs,
        "effects": effects.table(),
    }


def pairs_facts(pairs: Pairs) -> dict[str, Any]:
    """Return a `Pairs` for JSON."""
    return {
        "parts": [part.key for part in pairs.components],
        "single": pairs.single.tolist(),
        "both": pairs.both.tolist(),
        "interaction": pairs.interaction.tolist(),
    }


def _clip(found: dict[str, Any]) -> None:
    clip = found["clip"]
    console.say(
        f"{clip['path']}: {clip['width']} x {clip['height']}, {clip['duration_s']:.2f} s; "
        f"{clip['frames_used']} frames used"
    )
    console.print_notices(clip["notices"])
    console.say(f"{_model(found)}; on {found['device']}, {found['seconds']:.2f} s")
    if found["nothing_left"]:
        console.print_wrapped(found["nothing_left"])
    asked = f"{found.get('question', '')} {found['target']}".strip()
    if "pairs" in found:
        console.say(f"asked about: {asked}", "")
        _pairs(found["pairs"])
        return
    answer = "" if found["label"] == found["target"] else f"answer before: {found['label']}; "
    console.say(
        f"{answer}asked about: {asked}, {found['probability']:.1%} before; "
        f"{found['gmacs']:.2f} GMACs",
        "",
    )
    if not found["effects"]:
        console.say("There is nothing left to switch off.")
        return
    (_heads if found["asked"] == "heads" else _effects)(found)


def _effects(found: dict[str, Any]) -> None:
    own = found["asked"] == "variants"
    table = [["variant" if own else "off", "log-odds", "after", "KL", "GMACs", "most likely"]]
    for row in found["effects"]:
        table.append(
            [
                row["name"] if own else f"{row['part']:<9}  {row['name']}",
                _signed(row["log_odds_change"]),
                f"{row['probability']:.1%}",
                f"{row['kl_nats']:.3f}",
                f"{row['gmacs']:.2f}",
                row["label"],
            ]
        )
    console.print_table(table)
    console.print_note(
        f"log-odds: change of log(p / (1 - p)) of {found['target']}; KL: of the answer before from "
        "the one after, in nats."
    )
    if any(row["part"].startswith("table-5") for row in found["effects"]):
        from sct.ablation_study import TABLE_5

        console.print_note(TABLE_5)


def _heads(found: dict[str, Any]) -> None:
    """Print a table of stage and part by head."""
    grid: dict[str, dict[int, float]] = {}
    for row in found["effects"]:
        part, _, head = row["part"].rpartition(".")
        grid.setdefault(part, {})[int(head)] = row["log_odds_change"]
    most = max(max(row) for row in grid.values()) + 1
    table = [["off", *(f"head {head}" for head in range(most)), ""]]
    for part in sorted(grid, key=_place):
        cells = [_signed(grid[part][h]) if h in grid[part] else "" for h in range(most)]
        table.append([part, *cells, ""])
    console.print_table(table)
    console.print_note(f"Change in the log-odds of {found['target']} when that head alone is off.")


def _place(part: str) -> tuple[int, int]:
    """Return the place of a stage's part in the forward pass."""
    stage, kind = part.split(".")
    return int(stage), ("vilt", "lsh", "shifted").index(kind)


def _pairs(pairs: dict[str, Any]) -> None:
    keys, both, single = pairs["parts"], pairs["both"], pairs["single"]
    every = [(i, j) for i in range(len(keys)) for j in range(i + 1, len(keys))]
    every.sort(key=lambda pair: -abs(pairs["interaction"][pair[0]][pair[1]]))
    table = [["off", "", "both", "first", "second", "interaction", ""]]
    for i, j in every[:MOST_PAIRS]:
        numbers = (both[i][j], single[i], single[j], pairs["interaction"][i][j])
        table.append([f"{keys[i]:<9}", f"{keys[j]:<9}", *map(_signed, numbers), ""])
    console.print_table(table)
    console.print_note(
        "Change in log-odds of both off, and of each alone; interaction: both less the sum. Below "
        "0 each stands in for the other, above 0 they work through each other."
        + (f" The largest of {len(every)} pairs." if len(every) > MOST_PAIRS else "")
    )


def _clips(found: dict[str, Any]) -> None:
    from sct.video.sources import clean_name

    data = clean_name(found["data"])
    told = f"{_model(found)} on {found['n']:,} clips of {data}; {found['seconds']:.1f} s"
    console.say(told, "")
    table = [["variant", "right", "95% interval", "gains", "losses", "p", "adjusted p", ""]]
    for score in found["scores"]:
        counts = ["-", "-", "-", "-"]
        if score["p"] is not None:
            p_values = (
                f"{p:.3f}" if p >= 0.001 else "< 0.001" for p in (score["p"], score["p_holm"])
            )
            counts = [str(score["gains"]), str(score["losses"]), *p_values]
        bar = console.bar(score["accuracy"])
        share, interval = cut(score["accuracy"]), console.interval(score["ci95"])
        table.append([score["name"], share, interval, *counts, bar])
    console.print_table(table)
    for note in found["notes"]:
        console.print_note(note)
    if found["labels_left_out"]:
        console.print_note(console.left_out(found["labels_left_out"]))
    if found["unreadable"]:
        count = len(found["unreadable"])
        console.print_note(f"Left out, as they are no clips or could not be read: {count}.")
    console.print_note(
        "gains and losses: clips on which only this variant, and only the first, is right; p: "
        "exact McNemar test of those, two-sided; adjusted p: corrected for the number of variants "
        f"that are compared, {len(found['scores']) - 1} (Holm). --json has each label."
    )


def _model(found: dict[str, Any]) -> str:
    trained = ", as it was trained" if found["as_trained"] else ""
    return f"{found['model']}, ablation: {found['ablation']}{trained}"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-0.00", "+0.00").replace("+0.00", "0.00")
