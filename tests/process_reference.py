"""A second simulator of processes, from plain data, one draw at a time; it shares no code with raison.

Formulas are evaluated by Python itself, and only Euler's method is there. What enters an exact delay is a
parcel with the step at which it is due.
"""

import hashlib
import math
import statistics

import numpy as np

FUNCTIONS = {
    "min": min,
    "max": max,
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "abs": abs,
    "tanh": math.tanh,
    "logistic": lambda x: 1 / (1 + math.exp(-x)),
    "clip": lambda x, low, high: min(max(x, low), high),
}
MASK = (1 << 64) - 1


class Reference:
    """One simulation. `world` has the file's parameters and functions, `inputs` what a call gives."""

    def __init__(self, process, world, inputs):
        sections = ("inputs", "stocks", "flows", "delays", "quantities", "events", "noise", "outputs")
        self.p = {key: process.get(key) or {} for key in sections}
        self.world = world
        time = process["time"]
        self.h, self.horizon = float(eval(str(time["step"]))), float(eval(str(time["horizon"])))
        self.n = round(self.horizon / self.h)
        self.inputs = {
            name: inputs.get(name, given.get("default")) for name, given in self.p["inputs"].items()
        }
        self.inputs = {
            n: eval(v, {}, dict(world)) if isinstance(v, str) else v for n, v in self.inputs.items()
        }
        self.sinks = process.get("sinks") or []
        self.t, self.k = 0.0, 0
        self.stock = {}
        self.parcels = {name: [] for name in self.p["delays"]}
        self.stages = {}
        self.stock = {name: self.number(each["start"]) for name, each in self.p["stocks"].items()}
        self.stock |= dict.fromkeys(self.sinks, 0.0)
        self.total = {name: [] for name in self.p["outputs"]}
        self.went_below = {
            name for name, held in self.stock.items() if held < 0 and not self.may_be_negative(name)
        }
        for name, delay in self.p["delays"].items():
            self.begin(name, delay)

    def may_be_negative(self, name):
        return str(self.p["stocks"].get(name, {}).get("negative", "")).lower() == "true"

    def begin(self, name, delay):
        start = self.number(delay.get("start", 0))
        if delay.get("kind", "exact") == "erlang":
            self.stages[name] = [start / delay["order"]] * delay["order"]
            return
        self.takes = getattr(self, "takes", {})
        self.takes[name] = self.number(delay["takes"])
        if start:
            pieces = self.takes[name] / self.h
            for i in range(1, math.floor(pieces) + 1):
                self.enter(name, -i, start / pieces)
            # of the oldest, the share that was due a step earlier has left already
            self.parcels[name].append((0, start / pieces * (pieces - math.floor(pieces))))

    def enter(self, name, step, amount):
        """A parcel that enters during a step is due a whole number of steps later, in two shares."""
        steps = self.takes[name] / self.h
        whole = math.floor(steps + 1e-9)
        late = max(steps - whole, 0.0)
        self.parcels[name] += [(step + whole, amount * (1 - late)), (step + whole + 1, amount * late)]

    # --- names ---

    def look(self, name):
        p = self.p
        if name == "time":
            return self.t
        if name in self.stock:
            return self.stock[name]
        if name in p["delays"]:
            if name in self.stages:
                return sum(self.stages[name])
            return sum(amount for due, amount in self.parcels[name] if due >= self.k)
        if name in p["flows"]:
            return self.rates()[name]
        if name in p["quantities"]:
            q = p["quantities"][name]
            return self.number(q["value"] if isinstance(q, dict) else q)
        if name in p["noise"]:
            return self.noise(name)
        if name in self.inputs:
            return self.inputs[name]
        if name in self.world:
            return self.world[name]
        raise KeyError(name)

    def number(self, text):
        outer = self

        class Names(dict):
            def __missing__(self, key):
                return outer.look(key)

        return float(eval(str(text), {"__builtins__": {}}, Names(FUNCTIONS)))

    def wishes(self):
        return {n: self.number(m["rate"]) for n, m in {**self.p["flows"], **self.p["delays"]}.items()}

    def rates(self):
        moving = {**self.p["flows"], **self.p["delays"]}
        wishes = self.wishes()
        rates = dict(wishes)
        for stock in self.p["stocks"]:
            if self.may_be_negative(stock):
                continue
            leaving = [n for n, m in moving.items() if m.get("from") == stock]
            wanted = sum(max(wishes[n], 0) for n in leaving) * self.h
            if wanted > self.stock[stock]:
                for n in leaving:
                    if wishes[n] > 0:
                        rates[n] = wishes[n] * self.stock[stock] / wanted
        return rates

    def noise(self, name):
        noise = self.p["noise"][name]
        every = round(float(noise.get("every", self.h)) / self.h)
        bits = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
        bits = _mix((math.floor(self.number(noise["seed"]) * 2**32) + bits) & MASK)
        bits = _mix((bits + (self.k // every) * 0x9E3779B97F4A7C15) & MASK)
        point = ((bits >> 12) + 0.5) * 2.0**-52
        kind, _, rest = noise["value"].partition("(")
        a, b = (self.number(part) for part in rest.rstrip(")").split(","))
        if kind == "uniform":
            return a + (b - a) * point
        assert kind == "normal"
        return a + b * statistics.NormalDist().inv_cdf(point)

    # --- steps ---

    def happen(self):
        for event in self.p["events"].values():
            if self.k == math.ceil(self.number(event["at"]) / self.h - 1e-9):
                amount = self.number(event["amount"])
                if event.get("from"):
                    amount = min(amount, self.stock[event["from"]])
                    self.stock[event["from"]] -= amount
                self.stock[event["to"]] += amount

    def record(self):
        for name, output in self.p["outputs"].items():
            text = next(output[key] for key in ("of", "max", "min", "mean", "first_time") if key in output)
            self.total[name].append(self.number(text))
        self.gaps = getattr(self, "gaps", {})
        for name, output in self.p["outputs"].items():
            if ">=" in output.get("first_time", ""):
                left, right = output["first_time"].split(">=")
                self.gaps.setdefault(name, []).append(self.number(left) - self.number(right))

    def step(self):
        rates = self.rates()
        after = dict(self.stock)
        for name, flow in self.p["flows"].items():
            if flow.get("from"):
                after[flow["from"]] -= self.h * rates[name]
            after[flow["to"]] += self.h * rates[name]
        for name, delay in self.p["delays"].items():
            if delay.get("from"):
                after[delay["from"]] -= self.h * rates[name]
            if name in self.stages:
                takes, stages = self.number(delay["takes"]), self.stages[name]
                leaving = [
                    min(len(stages) / takes if takes else math.inf, 1 / self.h) * held for held in stages
                ]
                entering = [rates[name], *leaving[:-1]]
                self.stages[name] = [
                    s + self.h * (i - o) for s, i, o in zip(stages, entering, leaving, strict=True)
                ]
                after[delay["to"]] += self.h * leaving[-1]
            else:
                self.enter(name, self.k, self.h * rates[name])
                after[delay["to"]] += sum(amount for due, amount in self.parcels[name] if due == self.k)
        self.stock = after
        self.went_below |= {n for n, held in after.items() if held < -1e-6 and not self.may_be_negative(n)}
        self.k += 1
        self.t = self.k * self.h

    def run(self):
        self.happen()
        self.record()
        for _ in range(self.n):
            self.step()
            self.happen()
            self.record()
        return {name: self.summed_up(name, output) for name, output in self.p["outputs"].items()}

    def summed_up(self, name, output):
        values = self.total[name]
        if "max" in output:
            return max(values)
        if "min" in output:
            return min(values)
        if "mean" in output:
            return float(np.trapezoid(values) / self.n)
        if "first_time" in output:
            when = next((k for k, value in enumerate(values) if value), None)
            if when is None:
                self.t = self.horizon
                return self.number(output["otherwise"])
            if when and name in self.gaps:
                before, now = self.gaps[name][when - 1 : when + 1]
                return self.h * (when - 1 + before / (before - now))
            return when * self.h
        if output["at"] == "end":
            return values[-1]
        return float(np.interp(self.number(output["at"]), self.h * np.arange(self.n + 1), values))

    def held(self):
        """Everything that is somewhere."""
        inside = sum(amount for parcels in self.parcels.values() for due, amount in parcels if due >= self.k)
        return sum(self.stock.values()) + inside + sum(map(sum, self.stages.values()))


def _mix(bits):
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & MASK
    return bits ^ (bits >> 31)
