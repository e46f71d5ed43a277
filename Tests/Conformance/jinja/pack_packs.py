"""Packs of the tools themselves: AVD's, netlab's and netutils' own filters in a plain Jinja2 environment.

Needs PyPI's `pyavd`, `networklab` or `netutils` in the interpreter; `setup_avd`, `setup_netlab`, `setup_netutils` add one
pack each, and UNDEFINED names the undefined kinds that are not Jinja2's.
"""
import warnings

warnings.filterwarnings("ignore")
UNDEFINED = {}


def setup_avd(env):
    import pathlib
    import tempfile

    from pyavd import templater
    UNDEFINED["strict_chainable"] = templater.Undefined
    # The tool's own registration, so that a filter it adds in a later version shows up here.
    own = templater.Templar(pathlib.Path(tempfile.gettempdir())).environment
    for kind in ("filters", "tests"):
        mine = getattr(env, kind)
        mine.update({k: v for k, v in getattr(own, kind).items() if k.startswith("arista.avd.")})


def setup_netlab(env):
    from netsim.utils import filters, templates
    UNDEFINED["strict_chainable_falsy"] = filters.j2_Undefined
    templates.add_j2_filters(env)


def setup_netutils(env):
    from netutils.utils import jinja2_convenience_function
    env.filters.update(jinja2_convenience_function())
