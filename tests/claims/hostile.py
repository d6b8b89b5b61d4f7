"""Invented claims in files: one of differences, one of doses, one of switches; their text is hostile on purpose."""

from __future__ import annotations

from pathlib import Path

from experiments.claims.claim import Claim, read_claims

NASTY = "$x$ _y_ <b>z</b> **s** `c` |t| 中文 🙂"
_BASE = "[firm]\nplatform = 0.9\nself_reliance = 0.7\n"
_TEXTS = """
statement = "{statement}"
words = "Openness brings {nasty} users."
words_zh = "开放带来用户 {nasty}"
mechanism = "Users come where the module is open."
wrong = "Closed firms have as many users, <script>alert(1)</script> say."
base = "base.toml"
"""
_ENDING = """
[[control]]
name = "no acceptance"
changes = {{ "firm.self_reliance" = 0.9 }}
why = "Without a platform nothing is reused, so openness has nothing to add."
rungs = ["effect"]

[null]
changes = {{ "firm.accept" = 0.0 }}
why = "Nothing is accepted."

[phase]
rung = "effect"
boundary = "break-even"
x = {{ key = "firm.self_reliance", title = "Self-reliance (share)", range = [0.0, 1.0] }}
y = {{ key = "demand.budget", title = "The parent's budget (money a month)", range = [1.0, 100.0], scale = "log" }}
"""

DIFFERENCES = """
[arms]
open = {{}}
closed = {{ "firm.openness" = 0.0 }}
alone = {{ "firm.platform" = 0.5 }}
neither = {{ "firm.openness" = 0.0, "firm.platform" = 0.5 }}

[[rung]]
name = "effect"
says = "Open firms have more users."
[[rung.effect]]
name = "users {nasty}"
kind = "difference"
measure = "final.users"
arms = ["open", "closed"]
of = "closed"
sign = "+"
sesoi = 0.1

[[rung]]
name = "mechanism"
says = "The platform and openness give more together."
[[rung.effect]]
name = "together, users"
kind = "interaction"
measure = "final.users"
arms = ["open", "closed", "alone", "neither"]
scale = "log"
sign = "+"
sesoi = 0.05
[[rung.effect]]
name = "together, trials"
kind = "interaction"
measure = "mean.trials"
arms = ["open", "closed", "alone", "neither"]
of = "neither"
sign = "+"
sesoi = 0.1
"""
DOSES = """
[dose]
key = "demand.budget"
values = [2.0, 4.0, 8.0, 16.0]

[measures.cost]
kind = "product"
title = "Cost of a product"
unit = "money"
terms = {{ "final.rd_spending" = 1.0 }}

[[rung]]
name = "effect"
says = "Cost grows by less than the number of products."
[[rung.effect]]
name = "economies of scale"
kind = "elasticity"
measure = "cost"
arms = ["2.0", "4.0", "8.0", "16.0"]
doses = [2.0, 4.0, 8.0, 16.0]
threshold = 1.0
sign = "-"
sesoi = 0.1

[[rung]]
name = "signature"
says = "There is a best dose between."
[[rung.effect]]
name = "more than at the highest dose"
kind = "best-dose"
measure = "final.users"
arms = ["2.0", "4.0", "8.0", "16.0"]
part = "fall"
of = "2.0"
sign = "+"
sesoi = 0.1
"""
SWITCHES = """
[switches.reuse]
title = "Reuse of modules"
off = {{ "firm.platform" = 0.0 }}
[switches.open]
title = "Openness"
off = {{ "firm.openness" = 0.0 }}

[[rung]]
name = "effect"
says = "No mechanism gives all."
[[rung.effect]]
name = "what is not the largest one's"
kind = "shapley"
measure = "final.users"
part = "rest"
sign = "+"
sesoi = 0.2
"""
_FILES = (
    ("T1", "Openness brings users {nasty}", "开放带来用户", DIFFERENCES),
    ("T2", "Growth costs less and less", "规模经济", DOSES),
    ("T3", "Mechanisms work together", "协同", SWITCHES),
)


def toy_claims(folder: Path, nasty: str = NASTY) -> list[Claim]:
    """Write the invented claims into a folder and return them, T1, T2 and T3."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder.parent / "base.toml").write_text(_BASE, "utf-8")
    for name, title, title_zh, body in _FILES:
        head = f'id = "{name}"\ntitle = "{title}"\ntitle_zh = "{title_zh}"\n' + _TEXTS.replace(
            "base.toml", "../base.toml"
        )
        (folder / f"{name}.toml").write_text(
            (head + body + _ENDING).format(nasty=nasty, statement=title.format(nasty=nasty)), "utf-8"
        )
    return read_claims(folder)
