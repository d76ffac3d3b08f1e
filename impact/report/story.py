"""The report of a statement as sections of words, pictures and tables: every figure comes from results.json."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from impact import toc
from impact.evaluation import words as allowed
from impact.indicators import CATALOGUE
from impact.report import charts
from impact.report.tables import Money, Share, Table, shown
from impact.report.words import said

ARMS = ("programme", "comparison")


@dataclass(frozen=True)
class Picture:
    svg: str
    name: str


@dataclass(frozen=True)
class Section:
    code: str
    heading: str
    paragraphs: Sequence[str] = ()
    picture: Picture | None = None
    tables: Sequence[Table] = ()


@dataclass(frozen=True)
class Report:
    """`mark` stands across every page of what pays nothing; `labels` at its head."""

    language: str
    title: str
    subtitle: str
    labels: Sequence[str]
    mark: str | None
    lead: Sequence[str]
    contents: str
    sections: list[Section] = field(default_factory=list)

    @property
    def tables(self) -> list[Table]:
        return [table for section in self.sections for table in section.tables]


def report(results: Mapping[str, Any], manifest: Mapping[str, Any], public_key: str | None, language: str) -> Report:
    """The report in one language. `public_key`: that of the signature, already checked; None where nobody signed."""
    teller = _Teller(results, language)
    mark = None if teller.pays else getattr(allowed.EXPLORATORY, language)
    labels = [mark] if mark else []
    labels += [said("synthetic", language)] if results["synthetic"] else []
    lead = [said("synthetic_note", language)] if results["synthetic"] else []
    lead += [f"{said('signed_by', language)} {public_key}." if public_key else said("unsigned", language), said("vis", language)]
    told = Report(language, results["title"], said("statement", language), labels, mark, lead, said("contents", language))
    told.sections.extend(
        [teller.summary(), teller.metrics(), teller.payment(), *teller.evaluated(), teller.theory(), teller.indicators()]
    )
    told.sections.append(teller.check(manifest))
    return told


class _Teller:
    """Each method tells one section."""

    def __init__(self, results: Mapping[str, Any], language: str) -> None:
        self.results, self.language = results, language
        self.evaluation = results["evaluation"]
        self.pays = results["payable"] and (self.evaluation is None or self.evaluation["payable"])

    def say(self, *keys: str) -> list[str]:
        return [said(key, self.language) for key in keys]

    def word(self, key: str) -> str:
        return said(key, self.language)

    def summary(self) -> Section:
        settled, results = self.results["settlement"], self.results
        amount = settled["clawback"] if settled["status"] == "clawback" else settled["payable"]
        rows = [
            (self.word("period"), self.word(settled["period"])),
            (self.word("day"), results["at"]),
            (self.word("status"), self.word(settled["status"])),
            (f"{self.word('amount')}, {settled['currency']}", Money(amount)),
            (self.word("portfolio"), Share(results["payment"]["portfolio_achievement"])),
        ]
        if results["investor"]:
            rows.append((self.word("rate"), Share(results["investor"]["rate"])))
        if self.evaluation:
            rows.append((self.word("frozen_at"), self.evaluation["provenance"]["frozen_at"]))
        rows.append((self.word("rows"), results["log"]["rows"]))
        why = [f"{self.word('why')}: {'; '.join(self.say(*settled['reasons']))}."] if settled["reasons"] else []
        table = Table("summary", self.word("summary"), self.say("item", "value"), rows)
        return Section("summary", self.word("summary"), why, None, [table])

    def metrics(self) -> Section:
        currency, rows, bars = self.results["settlement"]["currency"], [], []
        for one in self.results["metrics"]:
            name = f"{one['code']} {one['name']}"
            by = one["measured_by"] or self.word("by_hand")
            way = None if one["achievement"] is None else Share(one["achievement"])
            note = self.word(one["note"]) if one["note"] else None
            numbers = [None if one[key] is None else Decimal(one[key]) for key in ("value", "baseline", "target")]
            rows.append((name, by, *numbers, way, Money(one["at_target"]), Money(one["entitlement"]), note))
            bars += [(name, float(way))] if way is not None else []
        columns = self.say("metric", "measured_by", "value", "baseline", "target", "achievement")
        columns += [f"{word}, {currency}" for word in self.say("at_target", "earned")] + self.say("note")
        drawn = Picture(charts.achievement(bars, self.word("target"), self.language), self.word("metrics_alt")) if bars else None
        return Section("metrics", self.word("metrics"), (), drawn, [Table("metrics", self.word("metrics"), columns, rows)])

    def payment(self) -> Section:
        told, settled = self.results["payment"], self.results["settlement"]
        names = {one["code"]: f"{one['code']} {one['name']}" for one in self.results["metrics"]}
        labels = {"cap": "cap", "share": "share", "paid_before": "paid_before", "withheld": "withheld_step"}
        steps = [
            (names[one["metric"]] if one["step"] == "metric" else self.word(labels[one["step"]]), Money(one["amount"]))
            for one in told["steps"]
            if one["step"] == "metric" or Decimal(one["amount"]) != 0
        ]
        total = (self.word("clawback" if settled["status"] == "clawback" else "total"), Money(told["total"]))
        floats = [(words, float(amount)) for words, amount in steps]
        drawn = charts.waterfall(floats, (total[0], float(total[1])), self.language)
        columns = [self.word("step"), f"{self.word('amount')}, {settled['currency']}"]
        table = Table("payment", self.word("payment"), columns, [*steps, total])
        return Section("payment", self.word("payment"), (), Picture(drawn, self.word("payment_alt")), [table])

    def evaluated(self) -> list[Section]:
        if self.evaluation is None:
            return [Section("effect", self.word("effect"), self.say("no_scores"))]
        flow, least = self.results["flow"], self.results["threshold"]
        if any(flow[arm][stage] < least for arm in ARMS for stage in ("enrolled", "both")):
            centres = allowed.attribution(SimpleNamespace(**self.evaluation["clusters"]))
            sentences = [self.word("hidden"), getattr(centres, self.language), getattr(allowed.LIMITS, self.language)]
            return [Section("effect", self.word("effect"), sentences)]
        return [self.flow(), self.means(), self.effect(), self.breakdown()]

    def flow(self) -> Section:
        flow, stages = self.results["flow"], ("enrolled", "pre", "post", "both")
        boxes = [
            (self.word(arm), [(self.word(stage), shown(flow[arm][stage], self.language)) for stage in stages[:3]]) for arm in ARMS
        ]
        rows = [(self.word(arm), *(flow[arm][stage] for stage in stages)) for arm in ARMS]
        table = Table("flow", self.word("flow"), self.say("arm", *stages), rows)
        return Section("flow", self.word("flow"), (), Picture(charts.flow(boxes, self.language), self.word("flow_alt")), [table])

    def means(self) -> Section:
        means, pairs = self.evaluation["means"], self.results["pairs"] or {}
        ends = {arm: {"pre": means["pre"][arm], "post": means["post"][arm]} for arm in ARMS}
        arms = [{"name": self.word(arm), "pairs": pairs.get(arm, []), **ends[arm]} for arm in ARMS]
        drawn = charts.pre_post(arms, tuple(self.say("pre", "post")), self.word("score"), self.language)
        n, keys = self.evaluation["n"], ("pre", "post", "change")
        rows = [(self.word(arm), n[arm], *(means[key][arm] for key in keys)) for arm in ARMS]
        table = Table("means", self.word("means"), self.say("arm", "people", *keys), rows)
        name = self.word("means_alt" if pairs else "means_only_alt")
        return Section("means", self.word("means"), (), Picture(drawn, name), [table])

    def effect(self) -> Section:
        told, primary = self.evaluation, self.evaluation["provenance"]["estimator"]
        did, ancova, lin, bracket = told["did"], told["ancova"], told["lin"], told["bracket"]
        rows = [
            (self.word("did"), did["estimate"], did["se"], *did["ci"], did["p"]),
            (self.word("ancova"), ancova["estimate"], ancova["se_ols"], *ancova["ci"], ancova["p"]),
            (self.word("lin"), lin["estimate"], lin["se_hc2"], None, None, None),
            (self.word("bracket"), None, None, bracket["low"], bracket["high"], None),
        ]
        points = [(row[0], row[1], row[3], row[4]) for row in rows[:2]]
        held = (self.word("bracket"), bracket["low"], bracket["high"])
        drawn = Picture(charts.effect(points, held, self.word("effect_axis"), self.language), self.word("effect_alt"))
        place = ("did", "ancova").index(primary)
        rows[place] = (f"{rows[place][0]} ({self.word('primary')})", *rows[place][1:])
        table = Table("effect", self.word("effect"), self.say("method", "estimate", "error", "low", "high", "p"), rows)
        return Section("effect", self.word("effect"), [told["sentences"][self.language]], drawn, [table])

    def breakdown(self) -> Section:
        told = self.evaluation
        rows = [
            (self.word("breakdown_icc"), told["breakdown"]["icc"]),
            (self.word("centre_shock"), told["breakdown"]["centre_shock"]),
            (self.word("baseline_g"), told["baseline"]["hedges_g"]),
            (self.word("d_ppc2"), told["effect_size"]["d_ppc2"]),
            (self.word("g_post"), told["effect_size"]["g_post"]),
            (self.word("mdes"), told["mdes"]),
            (self.word("worst"), told["bounds"]["worst"]),
            (self.word("best"), told["bounds"]["best"]),
        ]
        table = Table("breakdown", self.word("breakdown"), self.say("item", "value"), rows)
        return Section("breakdown", self.word("breakdown"), (), None, [table])

    def theory(self) -> Section:
        named = {link.code: link.what[self.language] for link in toc.LINKS}
        levels, rows = [], []
        for level in toc.LEVELS:
            name, links = toc.LEVEL_NAMES[level][self.language], []
            for link in (one for one in toc.LINKS if one.level == level):
                what, live = link.what[self.language], self.live(link.indicators)
                links.append({"code": link.code, "what": what, "figures": live, "leads_to": link.leads_to})
                leads = "; ".join(named[code] for code in link.leads_to)
                rows.append((name, what, toc.EFFECTS[link.direct][self.language], live or None, leads or None))
            levels.append((name, links))
        table = Table("theory", self.word("theory"), self.say("level", "link", "nature", "figures", "leads_to"), rows)
        drawn = Picture(charts.theory(levels, self.language), self.word("theory_alt"))
        return Section("theory", self.word("theory"), [toc.PURPOSE[self.language]], drawn, [table])

    def live(self, codes: Sequence[str]) -> str:
        """The indicators that have a figure, as in "OM05 41 n"."""
        found = [row for code in codes for row in self.results["indicators"] if row["code"] == code and row["value"] is not None]
        told = [f"{row['code']} {shown(_figure(row), self.language)}{_unit(row)}" for row in found if _is_single(row)]
        return " · ".join(told)

    def indicators(self) -> Section:
        title, language = self.word("indicators"), self.language
        name, note = ("name", "note_it") if language == "it" else ("name_en", "note")
        rows = [
            (
                row["code"],
                self.named(row, name),
                _figure(row),
                *(row[key] for key in ("unit", "numerator", "denominator", "n", note)),
            )
            for row in self.results["indicators"]
        ]
        columns = self.say("code", "name", "value", "unit", "numerator", "denominator", "n", "note")
        paragraph = self.word("indicators_note") % self.results["threshold"]
        return Section("indicators", title, [paragraph], None, [Table("indicators", title, columns, rows), self.definitions()])

    def named(self, row: Mapping[str, Any], name: str) -> str:
        parts = [self.word(value) if value in ARMS else str(value) for value in row["by"].values() if value is not None]
        return f"{row[name]} ({', '.join(parts)})" if parts else row[name]

    def definitions(self) -> Table:
        keys, rows = ("numerator", "denominator", "exclusions"), []
        for one in CATALOGUE.values():
            told = one.described()
            sdg, iris = ", ".join(told["sdg_targets"]), ", ".join(told["iris"])
            texts = [told["definition"][key][self.language] for key in keys] + [told["limits"][self.language]]
            rows.append((one.code, one.name[self.language], one.asks[self.language], one.unit, *texts, sdg, iris, one.version))
        columns = [*self.say("code", "name", "question", "unit", *keys, "limits"), "SDG", "IRIS+", "version"]
        return Table("definitions", self.word("definitions"), columns, rows, shown=False)

    def check(self, manifest: Mapping[str, Any]) -> Section:
        rows = sorted(manifest["files"].items())
        rows += [("impact/", manifest["code"]["sha256"]), ("Merkle", manifest["log_root"])]
        table = Table("files", self.word("check"), [self.word("file"), "SHA-256"], rows)
        return Section("check", self.word("check"), self.say("check_words"), None, [table])


def _figure(row: Mapping[str, Any]) -> Any:
    return Share(row["value"]) if row["unit"] == "%" and row["value"] is not None else row["value"]


def _unit(row: Mapping[str, Any]) -> str:
    return "" if row["unit"] in ("%", "n") else f" {row['unit']}"


def _is_single(row: Mapping[str, Any]) -> bool:
    """False for one of several rows of an indicator, such as one reason of many."""
    return not row["by"]
