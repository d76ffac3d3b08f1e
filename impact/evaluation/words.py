"""What may be said, in Italian and English. Each sentence follows from the design and the numbers."""

import json
from decimal import Decimal
from typing import NamedTuple

from impact.evaluation.effects import Baseline, Breakdown
from impact.evaluation.estimators import Ancova, Did
from impact.evaluation.missing import Attrition, Bounds
from impact.evaluation.permutation import Permutation
from impact.evaluation.plan import UNSEEN, Amendment, Plan
from impact.evaluation.referee import LEAST, Clusters
from impact.evaluation.scales import ReliabilityResult


class Both(NamedTuple):
    it: str
    en: str


FIXED = Both(
    "I risultati descrivono la differenza tra due centri; il disegno non permette di attribuirla con certezza al programma.",
    "The results describe the difference between two centres; the design cannot attribute it to the programme with certainty.",
)
EXPLORATORY = Both("esplorativa - non pagabile", "exploratory - not payable")
PLAN_NOT_FROZEN, PLAN_CHANGED, PLAN_AMENDED = "plan_not_frozen", "plan_changed", "plan_amended"
DATA_INCOMPLETE, UNRELIABLE = "data_incomplete", "scale_unreliable"
_REASONS = {
    PLAN_NOT_FROZEN: Both("il piano non è stato congelato", "the plan was not frozen"),
    PLAN_CHANGED: Both("il piano è cambiato dopo il congelamento", "the plan was changed after it was frozen"),
    PLAN_AMENDED: Both("il piano è stato modificato dopo aver visto i punteggi", "the plan was amended after scores were seen"),
    DATA_INCOMPLETE: Both("i dati sono incompleti in almeno un gruppo", "the data are incomplete in at least one arm"),
    UNRELIABLE: Both("la scala non raggiunge l'affidabilità fissata", "the scale does not reach the reliability that was fixed"),
}
_VERDICTS = {
    "satisfied": Both("i due gruppi partivano uguali", "the two arms were equal"),
    "adjust": Both("i due gruppi partivano diversi: serve un aggiustamento", "the two arms differed: an adjustment is needed"),
    "not_satisfied": Both(
        "i due gruppi partivano troppo diversi per confrontarli con sicurezza",
        "the two arms differed too much to be compared safely",
    ),
}


def status(reasons: tuple[str, ...]) -> Both | None:
    """The mark of a run that pays nothing; None for one that may pay."""
    if not reasons:
        return None
    told = [_REASONS[reason] for reason in reasons]
    return Both(
        f"Analisi {EXPLORATORY.it}: {'; '.join(reason.it for reason in told)}.",
        f"This analysis is {EXPLORATORY.en}: {'; '.join(reason.en for reason in told)}.",
    )


def amendment(one: Amendment) -> Both:
    """What was changed in the frozen plan, when and why."""
    changed = [(f"{table}.{key}", value) for table, keys in one.change.items() for key, value in keys.items()]
    listed = ", ".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in changed)
    when = Both("prima di vedere", "before") if one.scores == UNSEEN else Both("dopo aver visto", "after")
    return Both(
        f"Il piano congelato è stato modificato il {one.at}, {when.it} i punteggi: {listed}. Motivo: «{one.reason}».",
        f"The frozen plan was amended on {one.at}, {when.en} scores were seen: {listed}. Reason: '{one.reason}'.",
    )


def attribution(clusters: Clusters) -> Both:
    """What the design lets one say of the programme."""
    if clusters.programme == clusters.comparison == 1:
        return FIXED
    counts = (clusters.programme, clusters.comparison)
    return Both(
        f"I risultati descrivono la differenza tra i centri del programma ({counts[0]}) e quelli di confronto ({counts[1]}); il "
        "piano non prevede un sorteggio, e il disegno non permette di attribuirla con certezza al programma.",
        f"The results describe the difference between the centres of the programme ({counts[0]}) and of the comparison "
        f"({counts[1]}); the plan has no draw by lot, and the design cannot attribute it to the programme with certainty.",
    )


def inference(clusters: Clusters) -> Both:
    if clusters.inference == "ok":
        p = _p(clusters.robust["p"])
        return Both(
            f"Per centri, con errore standard robusto (CR1): {p.it}.", f"By centres, with a robust standard error (CR1): {p.en}."
        )
    if min(clusters.programme, clusters.comparison) >= LEAST:
        return Both(
            "Una stima per centri è rifiutata: la varianza tra centri è zero.",
            "An inference by centres is refused: the variance between centres is zero.",
        )
    return Both(
        "Una stima per centri è rifiutata: servono almeno tre centri per gruppo, e qui sono "
        f"{clusters.programme} e {clusters.comparison}.",
        "An inference by centres is refused: it needs at least three centres in each arm, and here they are "
        f"{clusters.programme} and {clusters.comparison}.",
    )


def balance(found: Baseline) -> Both:
    verdict = _VERDICTS[found.verdict]
    return Both(
        f"All'inizio {verdict.it} (g di Hedges {_it(found.hedges_g)}).",
        f"At the start {verdict.en} (Hedges' g {_en(found.hedges_g)}).",
    )


def effect(primary: Did | Ancova, plan: Plan) -> Both:
    gain = -primary.estimate if plan.lower_is_better else primary.estimate
    better = Both("migliora di più", "improves more") if gain > 0 else Both("migliora di meno", "improves less")
    if gain == 0:
        better = Both("migliora quanto il confronto", "improves as much as the comparison")
    level, (low, high), p = 100 * (1 - plan.alpha), primary.ci, _p(primary.p)
    is_sure = Both("", "") if low > 0 or high < 0 else Both(" Può essere dovuto al caso.", " It may be due to chance.")
    method = Both("differenza delle variazioni", "difference of changes")
    if plan.estimator == "ancova":
        method = Both("ANCOVA", "ANCOVA")
    return Both(
        f"Il programma {better.it}: {method.it} {_it(primary.estimate)}, intervallo di confidenza al {level:g} % da {_it(low)} a "
        f"{_it(high)}, {p.it}.{is_sure.it}",
        f"The programme {better.en}: {method.en} {_en(primary.estimate)}, {level:g} % confidence interval from {_en(low)} to "
        f"{_en(high)}, {p.en}.{is_sure.en}",
    )


def bracket(low: float, high: float, signs_differ: bool) -> Both:
    opposite = Both("", "")
    if signs_differ:
        opposite = Both(" I due metodi danno segni opposti.", " The two methods give opposite signs.")
    return Both(
        f"Secondo il metodo l'effetto va da {_it(low)} a {_it(high)}.{opposite.it}",
        f"Depending on the method the effect goes from {_en(low)} to {_en(high)}.{opposite.en}",
    )


def permuted(found: Permutation, plan: Plan) -> Both:
    p = _p(found.did_p if plan.estimator == "did" else found.ancova_p)
    return Both(
        f"Test di permutazione: {p.it}, come se i ragazzi fossero stati assegnati uno per uno: non è così.",
        f"Permutation test: {p.en}, as if children had been assigned individually: they were not.",
    )


def fragility(found: Breakdown, clusters: Clusters) -> Both:
    if found.icc == 0 or found.centre_shock <= 0:
        return Both(
            "L'effetto non si distingue dal caso anche senza differenze tra centri.",
            "The effect cannot be told from chance even with no difference between centres.",
        )
    shock = Both("l'effetto fosse minore di", "the effect were smaller by")
    if clusters.programme == clusters.comparison == 1:
        shock = Both("un fatto accaduto in un solo centro valesse", "an event in one centre alone were worth")
    return Both(
        f"L'effetto non sarebbe più significativo se i centri spiegassero da soli una quota di {_it(found.icc)} della varianza, "
        f"o se {shock.it} {_it(found.centre_shock)} punti.",
        f"The effect would no longer be significant if centres alone explained a share of {_en(found.icc)} of the variance, "
        f"or if {shock.en} {_en(found.centre_shock)} points.",
    )


def losses(found: Attrition, ends: Bounds) -> Both | None:
    if found.overall == 0:
        return None
    lost = [round(100 * share, 1) for share in (found.programme, found.comparison)]
    return Both(
        f"Mancano i punteggi del {_it(lost[0])} % nel programma e del {_it(lost[1])} % nel "
        f"confronto; nel caso peggiore l'effetto sarebbe {_it(ends.worst)}, nel migliore {_it(ends.best)}.",
        f"Scores are missing for {_en(lost[0])} % in the programme and {_en(lost[1])} % in the "
        f"comparison; at worst the effect would be {_en(ends.worst)}, at best {_en(ends.best)}.",
    )


def scale(found: ReliabilityResult | None) -> Both | None:
    if found is None:
        return None
    return Both(
        f"Alfa di Cronbach {_it(found.pre)} prima e {_it(found.post)} dopo; il piano chiede {_it(found.threshold)}.",
        f"Cronbach's alpha {_en(found.pre)} before and {_en(found.post)} after; the plan asks for {_en(found.threshold)}.",
    )


LIMITS = Both(
    "Non si può generalizzare oltre questi centri, né dire nulla su abbandono scolastico, lavoro o migrazione; con una sola "
    "misura iniziale la tendenza precedente non si può verificare, e le risposte dei ragazzi su di sé possono cambiare di senso.",
    "Nothing can be generalised beyond these centres, or said on school dropout, jobs or migration; with one measure before, the "
    "earlier trend cannot be checked, and what children say of themselves may shift in meaning.",
)


def _plain(value: float) -> str:
    return format(Decimal(f"{value:.4g}"), "f")


def _en(value: float) -> str:
    text = _plain(value)
    return "0" if text == "-0" else text


def _it(value: float) -> str:
    return _en(value).replace(".", ",")


def _p(value: float) -> Both:
    return Both("p < 0,001", "p < 0.001") if value < 0.001 else Both(f"p = {_it(value)}", f"p = {_en(value)}")
