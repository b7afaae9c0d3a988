"""The model that `raison new` writes: small, whole, and with a comment on every section."""

from __future__ import annotations

from raison.model.writer import scalar

_TEXT = """\
raison: 1                                   # version of the model language
title: {title}
about: >-
  A challenger can challenge or leave things as they are; a defender can resist or concede.
  Replace the players, the moves and the numbers by those of your own question.
beliefs: false                              # true: the distributions are beliefs, not just what is possible

players:                                    # who moves or is paid
  challenger: The challenger
  defender: The defender

parameters:                                 # numbers: uncertain with a distribution, or fixed
  p_win:
    value: uniform(0.2, 0.8)                # any value from 0.2 to 0.8; also normal, beta, ...
    about: the challenger's chance to win a war
    because: [balance-unclear]              # the claims that this rests on
  cost_challenger:
    value: triangular(0, 0.2, 0.6)          # lowest, likeliest, highest
    unit: share of the prize
    about: what war costs the challenger
    because: [wars-cost]
  cost_defender:
    value: triangular(0, 0.2, 0.6)
    unit: share of the prize
    about: what war costs the defender
    because: [wars-cost]
  shame: 0.1                                # fixed: what conceding costs the defender at home

functions:                                  # formulas with arguments
  fighting(chance, cost): chance - cost

quantities:                                 # formulas with names
  fight_value: fighting(p_win, cost_challenger)

game:                                       # the root is the node that no move leads to: opening
  opening:
    player: challenger
    moves: {{challenge: reply, stay: status_quo}}       # move: the node or outcome that follows
  reply:
    player: defender
    moves: {{resist: war, concede: conceded}}

outcomes:                                   # every outcome pays every player
  status_quo: {{challenger: 0, defender: 1}}
  conceded: {{challenger: 1, defender: -shame}}
  war: {{challenger: fight_value, defender: "fighting(1 - p_win, cost_defender)"}}  # quoted: commas

premises:                                   # what the argument rests on, and what holds if it is wrong
  conceding-shames:
    says: Conceding in public costs the defender something at home.
    claims: [audience-watches]
    without: {{shame: 0}}

claims:                                     # what somebody said
  balance-unclear: {{says: Nobody knows which side is stronger., source: notes, credibility: 3}}
  wars-cost: {{says: A war costs both sides up to half of what is at stake., source: notes, credibility: 3}}
  audience-watches: {{says: The public sees who concedes., source: notes, credibility: 3}}
sources:                                    # where it was said; reliability A to F, credibility 1 to 6
  notes: {{title: My own notes, kind: judgement, reliability: F}}

questions:                                  # what is asked of each draw
  - {{node: opening, move: challenge}}                    # is it rational to challenge?
  - {{name: war, event: outcome == 'war'}}                # does it come to war?

levers:                                     # what the other side could change
  defender:
    reply: {{commit: [resist, concede]}}
"""


def starter(name: str) -> str:
    """The text of a starter model that `raison check` has nothing to say about.

    Args:
        name: What the model is called; it stands in the title.
    """
    plain = " ".join("".join(character if character.isprintable() else " " for character in name).split())
    return _TEXT.format(
        title=scalar(f"Is it rational to challenge? ({plain or 'a first model'})", flow=False)
    )
