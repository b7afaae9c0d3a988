"""System dynamics models in XMILE (`.xmile`, `.stmx`), read as processes.

What is read is a subset: one model of stocks, flows and auxiliaries without arrays, modules, queues and
graphical functions. Everything else is refused by its name.

Source: OASIS (2015), XML Interchange Language for System Dynamics (XMILE) Version 1.0.
"""

from raison.exchange.xmile.read import SUFFIXES as SUFFIXES
from raison.exchange.xmile.read import read_model as read_model
from raison.exchange.xmile.read import read_process as read_process
