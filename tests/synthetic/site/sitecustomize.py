"""Every Python that has this folder on its path knows the synthetic source, workers included."""

from workers.plans.drivers import Driver
from workers.sources import SOURCES

SOURCES["synthetic"] = Driver("tests.synthetic.source:Synthetic", "tests.synthetic.source:Options")
