"""The documentation as a site: `make docs` writes it to out/docs, which opens from the folder."""

from __future__ import annotations

import inspect
import shutil
from importlib import import_module, metadata
from pathlib import Path

import click

import sim
from sim.cli import sim as program
from sim.model.schedule import SCHEDULE, START
from sim.vocabulary.docstrings import docstring

HERE = Path(__file__).parent

project = "hedgesim"
copyright = "hedgesim contributors"
version = release = metadata.version("hedgesim")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["site.css"]
exclude_patterns = ["figures", "_templates", "_static", "**/.ipynb_checkpoints"]
nb_execution_mode = "off"  # notebooks are committed with their outputs; the tests run them
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
suppress_warnings = ["myst.header", "config.cache"]

html_theme = "pydata_sphinx_theme"
html_title = "hedgesim"
html_show_sourcelink = False
html_sidebars = {"**": ["contents.html"]}
html_theme_options = {
    "show_prev_next": False,
    "navbar_center": [],
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


def _written(name: str, text: str) -> None:
    """Write a page that is made of the code."""
    path = HERE / "generated" / name
    path.parent.mkdir(exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _reference() -> None:
    parts = ["# Reference: Python\n"]
    for heading, module, prefix in (("sim", sim, "sim"), ("sim.plots", sim.plots, "sim.plots")):
        names = [each for each in module.__all__ if callable(getattr(module, each))]
        parts += [f"## {heading}\n", "```{eval-rst}", f".. currentmodule:: {prefix}\n"]
        for name in names:
            kind = "class" if inspect.isclass(getattr(module, name)) else "function"
            more = "\n   :members:\n   :inherited-members:" if name == "Scenario" else ""
            parts += [f".. auto{kind}:: {name}{more}\n"]
        parts += ["```\n"]
    _written("python.md", "\n".join(parts))


def _mechanisms() -> None:
    stages: dict[str, list[str]] = {}
    for stage in (*START, *SCHEDULE):
        module = stage.function.__module__
        reads, writes = (", ".join(f"`{each}`" for each in names) for names in (stage.reads, stage.writes))
        stages.setdefault(module, []).append(f"`{stage.name}` reads {reads} and writes {writes}.\n")
    parts = [
        "# Reference: mechanisms\n",
        "In the order of a quarter; docs/odd.md has parameters and sources.\n",
    ]
    for module, said in stages.items():
        text = docstring(import_module(module))
        parts += [f"## {module.rpartition('.')[2]}\n", f"```text\n{text}\n```\n", *said]
    _written("mechanisms.md", "\n".join(parts))


def _commands() -> None:
    parts = ["# Reference: commands\n", "[The command line](../command-line.md) says what all have in common.\n"]
    for name, command in program.commands.items():
        context = click.Context(command, info_name=f"sim {name}", max_content_width=100)
        parts += [f"## sim {name}\n", f"```text\n{command.get_help(context)}\n```\n"]
    _written("commands.md", "\n".join(parts))


def _notebooks() -> None:
    folder = HERE / "generated" / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((HERE.parent / "notebooks").glob("*.ipynb")):
        shutil.copyfile(path, folder / path.name)


_reference()
_mechanisms()
_commands()
_notebooks()
