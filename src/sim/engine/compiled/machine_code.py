"""From LLVM's language to a function of this process, with machine code kept on disk.

What is kept is found by a hash of all that it was made from: the text that was compiled, the compiler and the
processor. So nothing that is out of date can be found. Nothing here allows the compiler to change a number:
no reordering of sums and no fused multiply-add.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

#: Where machine code is kept, and what processor it is for, if not this one.
FOLDER_VARIABLE = "HEDGESIM_CACHE"
PROCESSOR_VARIABLE = "HEDGESIM_CPU"

_LOCK = threading.Lock()
_SPEED_LEVEL = 2
_DIGEST_SIZE = 32


def is_there() -> bool:
    """Whether the compiler is installed."""
    try:
        import llvmlite  # noqa: F401
    except ImportError:
        return False
    return True


def folder() -> Path:
    """Return the folder of what is kept."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "hedgesim"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "hedgesim"


@cache
def _target(processor: str) -> tuple[Any, str]:
    """Return the compiler for a processor, and what it is, as text."""
    import llvmlite
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    is_host = processor in ("", "host")
    features = llvm.get_host_cpu_features().flatten() if is_host else ""
    name = llvm.get_host_cpu_name() if is_host else processor
    target = llvm.Target.from_default_triple()
    machine = target.create_target_machine(cpu=name, features=features, opt=_SPEED_LEVEL, jit=True)
    version = f"{llvmlite.__version__} {llvm.llvm_version_info}"
    return machine, f"{version} {target.triple} {name} {features} {_SPEED_LEVEL}"


def function(text: str, name: str) -> Callable[[int], None]:
    """Return a compiled function that takes the address of its arguments; it lets other threads run.

    Parameters
    ----------
    text : str
        A module in LLVM's language.
    name : str
        Its function.
    """
    with _LOCK:
        return _function(text, name, os.environ.get(PROCESSOR_VARIABLE, ""))


@cache
def _function(text: str, name: str, processor: str) -> Callable[[int], None]:
    import llvmlite.binding as llvm

    machine, described = _target(processor)
    key = hashlib.sha256(f"{described}\n{text}".encode()).hexdigest()
    path = folder() / f"{name}-{key}.o"
    code = _read(path)
    if code is None:
        code = _compile(text, machine)
        _write(path, code)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _KEPT.append(engine)
    prototype = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
    return prototype(engine.get_function_address(name))


#: What compiled functions need for as long as the process lives.
_KEPT: list[Any] = []


def _compile(text: str, machine: Any) -> bytes:
    import llvmlite.binding as llvm

    module = llvm.parse_assembly(text)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=_SPEED_LEVEL)
    passes = llvm.create_pass_builder(machine, options)
    passes.getModulePassManager().run(module, passes)
    code: bytes = machine.emit_object(module)
    return code


def _read(path: Path) -> bytes | None:
    """Return what was kept, unless it is missing or damaged."""
    try:
        held = path.read_bytes()
    except OSError:
        return None
    digest, code = held[:_DIGEST_SIZE], held[_DIGEST_SIZE:]
    return code if hashlib.sha256(code).digest() == digest else None


def _write(path: Path, code: bytes) -> None:
    """Keep machine code, whole or not at all; where nothing can be written, nothing is kept."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(hashlib.sha256(code).digest() + code)
        Path(temporary).replace(path)
    except OSError:
        return
