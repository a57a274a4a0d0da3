"""The command `sizes`, which lists the named sizes beside the paper's figures."""

import click

from sct.cli import console


@click.command()
@console.json_option
def sizes(as_json: bool) -> None:
    """List the named sizes beside the paper's figures.

    Parameters in millions; GMACs are multiply-accumulates of Linear and Conv layers for one clip,
    which is how the paper counts. The paper has no sct_ti, and no sct_ti_ms, in which heads of one
    layer look different numbers of frames back.

    \b
    Example:
      python -m sct sizes --json
    """
    from sct.profiling import complexity

    rows = complexity.sizes()
    if as_json:
        console.print_json(rows)
        return
    table = [["size", "params/M", "paper", "off by", "GMACs", "paper", "off by", "clip"]]
    for row in rows:
        line = [row["name"]]
        for what in ("params_m", "gmacs"):
            line.append(f"{row[what]:.2f}")
            if row[f"paper_{what}"] is None:
                line += ["-", "-"]
            else:
                off = row[f"{what.removesuffix('_m')}_diff_pct"]
                line += [f"{row[f'paper_{what}']:.2f}", f"{off:+.2f}%"]
        side = row["image_size"]
        line.append(f"{row['frames']} x {side} x {side}, {row['num_classes']} classes")
        table.append(line)
    console.print_table(table)
