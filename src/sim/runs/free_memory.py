"""How much memory this process may still take: what the machine has, less what it is allowed.

A container, a batch system or a service manager limits a control group; every group above it counts as well.
``ulimit -v`` limits the addresses of one process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

#: Where Linux says which groups this process is in, and where they are mounted.
GROUPS, MOUNTS = Path("/proc/self/cgroup"), Path("/proc/self/mountinfo")

#: Version of control groups -> files of a group that say its limit and its use, and the line of its
#: ``memory.stat`` for what is in use but given back on demand: files that were read.
FILES = {
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    2: ("memory.max", "memory.current", "inactive_file"),
}


def of_machine() -> int:
    """Return the bytes that all processes of a run may take together: the least that anybody allows."""
    import psutil

    return min([int(psutil.virtual_memory().available), *_of_groups()])


def of_process() -> int | None:
    """Return the bytes that this process alone may still take, or None where nothing limits it."""
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return None
    import psutil

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return None
    return max(0, limit - int(psutil.Process().memory_info().vms))


def _of_groups() -> Iterator[int]:
    """Yield what each control group that this process is in, and those above, have left."""
    for version, group, top in _groups():
        limit_file, use_file, given_back = FILES[version]
        for folder in (group, *group.parents):
            with suppress(OSError, ValueError):
                # Without a limit there is the word max, or a number beyond any machine.
                limit, use = (int((folder / name).read_text()) for name in (limit_file, use_file))
                stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
                yield max(0, limit - use + int(stat.get(given_back, 0)))
            if folder == top:
                break


def _groups() -> Iterator[tuple[int, Path, Path]]:
    """Yield version, folder of the group and of the topmost group in sight, for each kind of groups."""
    try:
        lines, mounts = GROUPS.read_text().splitlines(), MOUNTS.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, name = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        version = 1 if controllers else 2
        for root, top in _mounted(mounts, version):
            path, above = PurePosixPath(name), PurePosixPath(root)
            # In a container the name may be the host's, of which only a part is mounted.
            inner = path.relative_to(above) if path.is_relative_to(above) else PurePosixPath()
            yield version, top / inner, top


def _mounted(mounts: list[str], version: int) -> Iterator[tuple[str, Path]]:
    """Yield the group that is mounted, and where, of each mount of control groups that count memory."""
    for line in mounts:
        fields, _, rest = line.partition(" - ")
        kind, _, options = rest.split(" ", 2)
        is_memory = kind == "cgroup" and "memory" in options.split(" ")[-1].split(",")
        if is_memory if version == 1 else kind == "cgroup2":
            _, _, _, root, place, *_ = fields.split(" ")
            yield root, Path(place)
