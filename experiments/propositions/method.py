"""What every report says of its method and its limits, for readers who know neither statistics nor this program."""

from __future__ import annotations

METHOD = """\
**A world, and the same world without.** Every claim is turned into worlds that differ in what the claim is about and in
nothing else: its *arms*. The model is run many times in each, every time with other luck. A *seed* fixes the luck: with
one seed all arms meet the same luck, so that their difference within a seed is due to the arm. That difference, one a
seed, is the unit of evidence.

**An interval, not a single number.** The average difference (the median, if a claim asks for that) is given with an
interval. Were all of it done again and again, about 95 of 100 such intervals would hold the model's true value. Seeds
come in batches that were planned before the first run; after each batch one looks, and stops once all is settled. To
look several times makes errors likelier, so each interval is widened until all looks together keep the 95 %.

**The smallest effect of interest.** With enough runs any difference, however small, is certain. So every effect was
given beforehand the smallest size that would matter. *As claimed* means that the whole interval lies beyond that size,
in the direction claimed; *the other way*, beyond it on the other side; *too small to matter*, within it on both sides;
*not settled*, that the interval reaches across one of these bounds.

**The verdict on a claim.** A claim is *supported* if all its required effects came out as claimed; *contradicted* if
one goes the other way; *negligible* if one is too small to matter; else *undecided*. Any one of several effects can
speak against a claim, so more is asked of each for that. Undecided means that these runs cannot tell, not that there is
nothing.

**Several claims at once.** Who judges many claims is bound to meet some by luck. Holm's correction asks more of each,
so that the chance of one wrong verdict among all is at most 5 %. What does not outlast it is undecided.

**Where it holds.** One world proves little. So each claim is judged again at places of a region of parameters that was
fixed beforehand, spread evenly, with a few seeds each. The share of places where it holds has an interval too. Which
parameters decide is told by how the strength of the claim's weakest effect moves with each of them (in ranks, with all
parameters at once).

**Where it must fail.** Every claim names cells: worlds in which it has to fail if its mechanism is what brings it
about. A cell *failed*, as declared, if the claim was found negligible or contradicted there; it *held* if the claim was
found there all the same; it is *open* if that is not settled.

**Through which channel.** The model keeps a log of events: a trial kept, a module reused, a contribution taken in. How
many there are in each arm tells through which channel an effect came, or that the channel named was hardly used. These
intervals are each for itself: of the many that are looked at, about one in twenty misses.
"""

LIMITS = """\
- A simulation tells what follows from its assumptions. It cannot tell whether the firm of the case was like that.
- A supported claim means: if the mechanisms work as they are modelled, the effect follows and is large enough to
  matter. It is no evidence that they were at work in the case.
- A claim that is not supported may fail because it is wrong, or because the model leaves out what makes it right.
- The base world is one choice of parameters, most of them not measured. That is why there is a region; it, too, is a
  choice.
- The smallest effects of interest are judgements. Intervals are given, so that readers can put in their own.
- Intervals show the luck of the draw, not the doubt about the model.
- One case cannot tell causes from company. The model can switch off one cause at a time, but only in the model.
"""
