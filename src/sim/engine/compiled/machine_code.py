"""From LLVM's language to a function of this process, with machine code kept on disk.

What is kept is found by a hash of all that it was made from: the text that was compiled, the compiler and the
processor. So nothing that is out of date can be found. Nothing here allows the compiler to change a number:
no reordering of sums and no fused multiply-add.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from sim.engine.compiled.kept_code import FOLDER_VARIABLE, KeptCode, folder

#: What processor machine code is for, if not this one; LLVM ends the process at a name that it does not know.
PROCESSOR_VARIABLE = "HEDGESIM_CPU"
HOST = ("", "host")
PROCESSORS = (*HOST, "generic", "x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4")

#: How hard the compiler works for fast code, of 0 to 3: no level changes a bit.
SPEED_LEVEL = 2

_LOCK = threading.Lock()


class CannotCompile(Exception):
    """The compiler, or what is asked of it, fails: no trial does. NumPy runs all."""


def is_there() -> bool:
    """Whether the compiler is installed."""
    try:
        import llvmlite  # noqa: F401
    except ImportError:
        return False
    return True


class _Compiler:
    """Makes machine code for one processor, and owns what it has made for as long as the process lives."""

    def __init__(self, processor: str, speed_level: int) -> None:
        import llvmlite
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        if processor not in PROCESSORS:
            raise ValueError(f"{PROCESSOR_VARIABLE} is none of {', '.join(filter(None, PROCESSORS))}")
        is_host = processor in HOST
        features = llvm.get_host_cpu_features().flatten() if is_host else ""
        name = llvm.get_host_cpu_name() if is_host else processor
        target = llvm.Target.from_default_triple()

        def machine() -> Any:
            return target.create_target_machine(cpu=name, features=features, opt=speed_level, jit=True)

        # The linker owns the machine that it is given; the one that compiles is another.
        self._machine, self._linker = machine(), llvm.create_lljit_compiler(machine())
        self._linked: list[Any] = []
        self._speed_level = speed_level
        version = f"{llvmlite.__version__} {llvm.llvm_version_info}"
        #: What machine code depends on besides its text.
        self.description = f"{version} {target.triple} {name} {features} {speed_level} slp"

    def compile(self, text: str) -> bytes:
        """Return the machine code of a module in LLVM's language."""
        import llvmlite.binding as llvm

        module = llvm.parse_assembly(text)
        module.verify()
        options = llvm.create_pipeline_tuning_options(speed_level=self._speed_level)
        # Neighbours with the same operations, as the suppliers of a deal, share vectors: no bit differs.
        options.slp_vectorization = True
        passes = llvm.create_pass_builder(self._machine, options)
        passes.getModulePassManager().run(module, passes)
        code: bytes = self._machine.emit_object(module)
        return code

    def link(self, code: bytes, name: str) -> int:
        """Return the address of a function of machine code."""
        import llvmlite.binding as llvm

        library = llvm.JITLibraryBuilder().add_object_img(code).add_current_process().export_symbol(name)
        self._linked.append(library.link(self._linker, f"{name}.{len(self._linked)}"))
        return int(self._linked[-1][name])


_compiler = cache(_Compiler)


@cache
def _kept(path: Path | None) -> KeptCode:
    return KeptCode(path)


def refusal() -> str:
    """Return why no machine code is kept where it was meant to be, as a line; empty if there is no reason."""
    path = folder()
    reason = _kept(path).refusal
    remedy = f"It is made anew each time; set {FOLDER_VARIABLE} to a folder of your own."
    return f"machine code is not kept: {path} {reason}. {remedy}" if reason else ""


def function(text: str, name: str) -> Callable[[int], None]:
    """Return a compiled function that takes the address of its arguments; it lets other threads run.

    Parameters
    ----------
    text : str
        A module in LLVM's language.
    name : str
        Its function.

    Raises
    ------
    CannotCompile
    """
    with _LOCK:
        try:
            return _function(text, name, os.environ.get(PROCESSOR_VARIABLE, ""), SPEED_LEVEL)
        except Exception as error:
            raise CannotCompile(f"{name}: {type(error).__name__}: {' '.join(str(error).split())}") from error


@cache
def _function(text: str, name: str, processor: str, speed_level: int) -> Callable[[int], None]:
    compiler, kept = _compiler(processor, speed_level), _kept(folder())
    key = hashlib.sha256(f"{compiler.description}\n{text}".encode()).hexdigest()
    file = f"{name}-{key}.o"
    code = kept.read(file)
    if code is None:
        code = compiler.compile(text)
        kept.write(file, code)
    return ctypes.CFUNCTYPE(None, ctypes.c_void_p)(compiler.link(code, name))
