"""Games of the literature as model files, for tests in several folders."""

BEER = """
raison: 1
title: Is a stranger at breakfast challenged? (Cho and Kreps 1987)
players: {stranger: The stranger, bully: The bully}
parameters: {strong: {value: 0.9}}
game:
  nature:
    cases:
      weak: {then: weak_eats, probability: 1 - strong}
      surly: {then: surly_eats, probability: strong}
    known_to: [stranger]
  weak_eats: {player: stranger, moves: {beer: weak_beer, quiche: weak_quiche}}
  surly_eats: {player: stranger, moves: {beer: surly_beer, quiche: surly_quiche}}
  weak_beer: {player: bully, moves: {duel: wbd, leave: wbl}, information: beer}
  surly_beer: {player: bully, moves: {duel: sbd, leave: sbl}, information: beer}
  weak_quiche: {player: bully, moves: {duel: wqd, leave: wql}, information: quiche}
  surly_quiche: {player: bully, moves: {duel: sqd, leave: sql}, information: quiche}
outcomes:
  wbd: {stranger: 0, bully: 1}
  wbl: {stranger: 2, bully: 0}
  wqd: {stranger: 1, bully: 1}
  wql: {stranger: 3, bully: 0}
  sbd: {stranger: 1, bully: -1}
  sbl: {stranger: 3, bully: 0}
  sqd: {stranger: 0, bully: -1}
  sql: {stranger: 2, bully: 0}
questions: [{node: surly_eats, move: beer}]
"""
