from dataclasses import dataclass

import numpy as np

from sim.agents.actor import Actor


class Adopter(Actor):
    pass


@dataclass(frozen=True)
class Offers:
    capability: np.ndarray
    cost_of_use: np.ndarray
    available: np.ndarray


class Population(Actor):
    def __init__(self, model, d, spread, K, streams, net):
        super().__init__(model)
        self.size = d.adopters
        self.users = np.zeros(K, dtype=np.int64)
        self.adopters = []

    def consider(self, offers, month):
        self.users = (
            np.minimum(self.size / len(self.users), (self.users * 1.05 + 10)).astype(np.int64) * offers.available
        )

    def contributors(self, least):
        return (self.users * np.where(np.isinf(least), 0, 0.14)).astype(int)

    def surplus(self, o):
        return 0.0
