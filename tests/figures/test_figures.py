"""The figures of a run: drawn from files alone, titled by what the files say, whatever the files hold."""

from __future__ import annotations

import csv
import random
import warnings
from pathlib import Path

import matplotlib as mpl
import pytest
from PIL import Image

from experiments.figures.draw import FIGURES, draw_run
from experiments.figures.lineage import MARKS, trace
from experiments.figures.record import read
from experiments.figures.style import entitle, new_figure, save, styled
from experiments.figures.words import NBSP, count, number, percent
from sim.outcomes import COLUMNS, EVENT_FIELDS, EVENT_KINDS

SLOTS = ("base", "attention", "experts", "balancing", "pipeline", "framework", "precision", "alignment")
NAMES = ("DeepSeek Coder", "DeepSeek LLM 67B", "DeepSeekMoE 16B", "DeepSeek-Coder-V2", "DeepSeek-V2.5-1210-Preview")
FALLING = ("unit_cost", "rival_unit_cost", "trial_price", "cost_of_use", "rival_cost_of_use", "commons_cost", "gap")
RIVALS_MEANS = ("rival_unit_cost", "rival_capability", "rival_cash", "rival_independent", "rival_cost_of_use")

Row = tuple[object, ...]


def synthetic(
    folder: Path, months: int = 60, releases: int = 9, rivals: bool = True, lines: int = 2, constant: bool = False
) -> Path:
    """Write a run folder of plausible random data, the same for the same arguments."""
    luck = random.Random(1)
    rows: dict[str, list[float]] = {column.name: [] for column in COLUMNS}
    for month in range(1, months + 1):
        share = 0.0 if constant else month / months
        seen = {name: share * luck.uniform(0.8, 1.2) for name in rows}
        seen |= {name: (1.0 - 0.8 * share) * (1.0 if constant else luck.uniform(0.9, 1.1)) for name in FALLING}
        seen |= {"month": month, "users": int(900 * share), "rival_users": int(400 * share) if rivals else 0}
        seen |= {"average_rd_cost": 2000.0 - 900.0 * share, "contributors": int(90 * share)}
        seen |= {"independent": int(20 * share), "integrated": int(7 * share)}
        seen |= {"supply_cut": int(not constant and 20 <= month < 26)}
        seen |= {} if rivals else dict.fromkeys(RIVALS_MEANS, float("nan"))
        for name, values in rows.items():
            values.append(seen[name])
    write(folder, rows, events(luck, months, releases, lines))
    return folder


def events(luck: random.Random, months: int, releases: int, lines: int) -> list[Row]:
    """Return the log of a firm that reuses most modules, in the order in which a run writes it."""
    if not months:
        return []
    ids = iter(range(2, 1_000_000))
    products = [{slot: next(ids) for slot in SLOTS}]
    log: list[Row] = [
        (0, "inherited", firm, "prototype", slot, module, 0.5, "")
        for firm in ("focal", "rival-1")
        for slot, module in products[0].items()
    ]
    for release in range(releases):
        month, name = max(1, (release + 1) * months // releases), NAMES[release % len(NAMES)]
        product = {}
        for slot in SLOTS:
            way = luck.choices(("reused", "made", "copied", "adopted"), (6, 1, 1, 1))[0]
            old = luck.choice(products[-lines:])[slot]
            product[slot] = old if way == "reused" else next(ids)
            log.append((month, way, "focal", name, slot, product[slot], 0.1, ""))
        log.append((month, "released", "focal", name, "", 0, 0.1, "reused 5 of 8"))
        log.append((month, "released", "rival-1", "rival-1-1", "", 0, 0.1, "reused 0 of 8"))
        slot = luck.choice(SLOTS)
        log.append((month, luck.choice(("mastered", "lost")), "focal", name, slot, product[slot], 0.1, ""))
        products.append(product)
    return log


def write(folder: Path, rows: dict[str, list[float]], log: list[Row]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, tuple[tuple[str, ...], list[Row]]] = {
        "series": (tuple(rows), list(zip(*rows.values(), strict=True))),
        "series_dictionary": (("column", "unit", "description"), [(c.name, c.unit, c.description) for c in COLUMNS]),
        "events": (tuple(EVENT_FIELDS), log),
    }
    for name, (header, body) in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *body])


def titles(paths: list[Path]) -> dict[str, str]:
    found = {}
    for path in paths:
        with Image.open(path) as image:
            found[path.stem] = str(image.info["Title"])
    return found


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return draw_run(synthetic(tmp_path_factory.mktemp("run")))


def test_every_figure_is_drawn(drawn: list[Path]) -> None:
    assert [path.stem for path in drawn] == list(FIGURES)
    for path in drawn:
        assert path.parent.name == "figures"
        assert path.stat().st_size > 20_000
        with Image.open(path) as image:
            assert image.format == "PNG"
            assert min(image.size) >= 900
    assert sorted(drawn[0].parent.iterdir()) == sorted(drawn)


def test_titles_say_the_last_value(drawn: list[Path]) -> None:
    series = read(drawn[0].parent.parent).series
    found = titles(drawn)
    assert percent(series["unit_cost"][-1] / series["unit_cost"][0]) in found["costs"]
    assert percent(series["rival_unit_cost"][-1] / series["rival_unit_cost"][0]) in found["costs"]
    assert number(series["capability"][-1]) in found["costs"]
    assert percent(series["trial_price"][-1]) in found["flywheel"]
    assert number(series["loop_gain"][-1]) in found["flywheel"]
    assert f"900{NBSP}users" in found["adoption"]
    assert f"400{NBSP}users" in found["adoption"]
    assert percent(series["adopted_openness"][-1]) in found["adoption"]
    assert f"90{NBSP}contributors" in found["commons"]
    assert percent(series["commons_cost"][-1]) in found["commons"]
    assert f"20{NBSP}independent" in found["innovation"]
    assert f"7{NBSP}integrated" in found["innovation"]


def test_the_lineage_counts_what_the_log_holds(drawn: list[Path]) -> None:
    names, fills = trace(read(drawn[0].parent.parent))
    assert names[:2] == ["founding", "DeepSeek Coder, 6"]
    assert len(names) == 10
    filled = [[f.way for f in fills if f.column == n and f.way not in ("mastered", "lost")] for n in range(10)]
    assert all(len(ways) == len(SLOTS) for ways in filled)
    mostly = sum(ways.count("reused") > len(SLOTS) / 2 for ways in filled)
    assert titles(drawn)["lineage"].startswith(f"{mostly} of 9{NBSP}releases")


def test_twice_gives_the_same_bytes_whatever_the_reader_has_set(drawn: list[Path], tmp_path: Path) -> None:
    with mpl.rc_context({"font.size": 30.0, "savefig.dpi": 40.0, "axes.facecolor": "black"}):
        again = draw_run(synthetic(tmp_path))
        assert mpl.rcParams["font.size"] == 30.0
    for one, two in zip(drawn, again, strict=True):
        assert one.read_bytes() == two.read_bytes(), one.name


@pytest.mark.parametrize(
    ("months", "releases", "rivals", "constant"),
    [
        pytest.param(0, 0, True, False, id="empty"),
        pytest.param(1, 1, True, False, id="one month"),
        pytest.param(30, 0, False, True, id="constant, no rival, no release"),
    ],
)
def test_draws_without_warnings(months: int, releases: int, rivals: bool, constant: bool, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        paths = draw_run(synthetic(tmp_path, months, releases, rivals, constant=constant))
    found = titles(paths)
    assert list(found) == list(FIGURES)
    assert all(path.stat().st_size > 5_000 for path in paths)
    assert "nan" not in " ".join(found.values())
    assert "?" not in " ".join(found.values())
    assert ("Nothing to show: no month was run" in found.values()) == (months == 0)
    assert ("rivals" in found["costs"]) == (rivals and months > 0)


def only(name: str, folder: Path) -> str:
    """Draw one figure and return its title."""
    with styled():
        return titles([save(FIGURES[name](read(folder)), folder / f"{name}.png")])[name]


def test_a_hundred_releases_of_eight_lines_draw(tmp_path: Path) -> None:
    assert "of 100" in only("lineage", synthetic(tmp_path, months=200, releases=100, lines=8))


def test_extreme_numbers_draw(tmp_path: Path) -> None:
    synthetic(tmp_path, months=4, releases=1)
    rows = {name: values.tolist() for name, values in read(tmp_path).series.items()}
    rows["unit_cost"] = [1.0, 1e-120, 0.0, 1e-300]
    rows["average_rd_cost"] = [0.0, 1e12, 1e15, 3e15]
    rows["rival_unit_cost"] = [float("nan"), 0.0, 0.0, 0.0]
    write(tmp_path, rows, [])
    assert "10⁻²⁹⁸" in only("costs", tmp_path)


def test_a_run_without_a_product_says_so(tmp_path: Path) -> None:
    synthetic(tmp_path, months=3, releases=0)
    rows = {name: values.tolist() for name, values in read(tmp_path).series.items()}
    for name in ("unit_cost", "rival_unit_cost", "capability", "trial_price", "loop_gain", "cost_of_use"):
        rows[name] = [float("nan")] * 3
    write(tmp_path, rows, [])
    found = titles(draw_run(tmp_path))
    assert found["costs"] == "No product of the focal firm came out"
    assert not [title for title in found.values() if "nan" in title or "?" in title]


def test_every_mark_is_an_event_that_the_model_logs() -> None:
    assert set(MARKS) <= set(EVENT_KINDS)


def test_a_faulty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        draw_run(tmp_path)
    synthetic(tmp_path, months=2, releases=1)
    (tmp_path / "series.csv").write_text("")
    with pytest.raises(ValueError, match="no header"):
        draw_run(tmp_path)
    (tmp_path / "series.csv").write_text("month\n1\n")
    with pytest.raises(ValueError, match="no column 'unit_cost'"):
        draw_run(tmp_path)


def test_saving_is_whole_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new" / "plain.png"
    with styled():
        figure, (left, right) = new_figure(1, 2)
        left.plot([0, 1], [0, 1])
        right.plot([0, 1], [1, 0])
        entitle(figure, "Two lines cross")
        save(figure, path)
        before = path.read_bytes()

        def full(unfinished: Path, **_options: object) -> None:
            unfinished.write_bytes(b"half")
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(figure, "savefig", full)
        with pytest.raises(OSError, match="No space"):
            save(figure, path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (0.1234, "0.12"),
        (0.999, "1"),
        (12.34, "12"),
        (1234.0, "1,234"),
        (2.5e-9, "2.5×10⁻⁹"),
        (1e6, "10⁶"),
        (-3e7, "-3×10⁷"),
        (float("nan"), "?"),
    ],
)
def test_numbers_in_words(value: float, text: str) -> None:
    assert number(value) == text


def test_counts_in_words() -> None:
    assert percent(0.123) == f"12{NBSP}%"
    assert [count(n, "user", "users") for n in (0, 1, 2)] == ["no users", f"1{NBSP}user", f"2{NBSP}users"]
