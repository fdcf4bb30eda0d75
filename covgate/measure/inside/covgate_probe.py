"""What this interpreter has, would import and would measure: ``python covgate_probe.py SPEC``; no test is run.

Standard library only, Python 3.8 and newer. The answer is the last line of the output, as JSON.
"""

import json
import os
import platform
import sys
from importlib import machinery, metadata, util

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional

_STANDARD = os.path.dirname(os.path.realpath(os.__file__)) + os.sep
_INSTALLED = {"coverage": "coverage", "pytest": "pytest", "pytest-cov": "pytest_cov", "pytest-xdist": "xdist"}


def main() -> None:
    spec = json.loads(sys.argv[1])
    own = os.path.dirname(os.path.abspath(__file__))
    # As a program sees it that is started anywhere.
    sys.path[:] = [each for each in sys.path if each and os.path.abspath(each) != own]
    sys.stdout.write("\n" + json.dumps(look(spec)) + "\n")


def look(spec: "Dict[str, Any]") -> "Dict[str, Any]":
    facts: "Dict[str, Any]" = {
        "python": "%s %s" % (platform.python_implementation(), platform.python_version()),
        "versions": {distribution: version(name, distribution) for distribution, name in _INSTALLED.items()},
        "pip": util.find_spec("pip") is not None,
        "coverage": {},
    }
    # Before coverage is imported: the project may be what coverage imports.
    known = {name: places(name) for name in packages(spec, spec["source"])}
    if facts["versions"]["coverage"]:
        try:
            facts["coverage"] = of_coverage(spec, bool(facts["versions"]["pytest-cov"]))
        except Exception as error:  # whatever coverage and its plugins raise
            facts["refused"] = str(error) or type(error).__name__
    source = facts["coverage"].get("source") or spec["source"]
    here = packages(spec, source)
    plain = {name: known.get(name) or places(name) for name in here}
    # A name that is also one of Python's own modules is not installed elsewhere: it is whichever is imported first.
    own = {name for name in here if name in sys.builtin_module_names or any(map(is_standard, plain[name]))}
    sys.path[:0] = spec["lead"]
    facts["imports"] = [
        {"name": name, "here": here[name], "plain": plain[name], "measured": places(name), "finder": finder(name)}
        for name in here
        if name not in own
    ]
    # What lies in the tree may be found by the tests in a way of their own.
    facts["absent"] = [each for each in source if not here.get(each.split(".")[0]) and not exists(each, spec["tree"])]
    return facts


def version(name: str, distribution: str) -> str:
    if util.find_spec(name) is None:
        return ""
    try:
        return metadata.version(distribution) or "installed"
    except Exception:  # an unpacked copy, or one whose metadata is damaged
        return "installed"


def packages(spec: "Dict[str, Any]", sources: "List[str]") -> "Dict[str, str]":
    """The top-level packages and modules that ``sources`` stand for, and where in the tree each lies, "" for nowhere.

    A source is a directory of the tree, or a name to import, as coverage has it.
    """
    found: "Dict[str, str]" = {}
    for source in sources:
        directory = os.path.normpath(os.path.join(spec["tree"], source))
        if not os.path.isdir(directory):
            name = source.split(".")[0]
            tried = [os.path.join(spec["tree"], root, name + ending) for root in ("src", "") for ending in ("", ".py")]
            found[name] = next((path for path in tried if os.path.exists(path)), "")
        elif os.path.isfile(os.path.join(directory, "__init__.py")):
            while os.path.isfile(os.path.join(os.path.dirname(directory), "__init__.py")):
                directory = os.path.dirname(directory)
            found[os.path.basename(directory)] = directory
        else:
            for name in sorted(os.listdir(directory)):
                path = os.path.join(directory, name)
                stem, ending = os.path.splitext(name)
                if os.path.isfile(os.path.join(path, "__init__.py")) or ending == ".py":
                    found[stem] = path
    return {name: path for name, path in found.items() if name.isidentifier()}


def places(name: str) -> "List[str]":
    """The file of a module, the directory of a package, all those of a namespace package; [] where there is none."""
    try:
        spec = util.find_spec(name)
    except Exception:  # a module that was loaded without a spec, a finder that fails
        return []
    if spec is None:
        return []
    if spec.submodule_search_locations is not None:
        found = [os.path.dirname(spec.origin)] if spec.origin else list(spec.submodule_search_locations)
        return [os.path.realpath(each) for each in found]
    return [os.path.realpath(spec.origin)] if spec.origin and os.path.isabs(spec.origin) else []


def is_standard(place: str) -> bool:
    return place.startswith(_STANDARD) and "-packages" + os.sep not in place


def finder(name: str) -> str:
    """The finder that knows ``name`` before sys.path is asked, as some editable installs have one; "" for none."""
    for each in sys.meta_path:
        if each is machinery.PathFinder:
            break
        if each in (machinery.BuiltinImporter, machinery.FrozenImporter):
            continue
        try:
            if each.find_spec(name, None) is not None:
                return str(getattr(each, "__name__", type(each).__name__))
        except Exception:  # another's finder, which may want more of its caller
            continue
    return ""


def of_coverage(spec: "Dict[str, Any]", has_pytest_cov: bool) -> "Dict[str, Any]":
    """Coverage's configuration, and what it would measure: started as ``covgate_launch`` starts it."""
    import coverage

    configured = coverage.Coverage(data_file=None, config_file=spec["rcfile"] or True)
    named = option(configured, "run:source") + option(configured, "run:source_pkgs")
    named += option(configured, "run:source_dirs")
    include = option(configured, "run:include")
    source, origin = named, "coverage's configuration"
    given: "Dict[str, Any]" = {}
    if spec["cov_source"] and spec["wants_pytest_cov"] and has_pytest_cov:
        source, origin = spec["cov_source"], "--cov"
        given = {"source": source}
    elif not named and not include:
        source, origin = spec["source"], ""
        given = {"source": source, "omit": option(configured, "run:omit") + spec["omit"]}
    read = getattr(configured.config, "config_file", None)
    return {
        "source": source,
        "origin": origin,
        "include": include,
        "omit": option(configured, "run:omit"),
        "branch": bool(configured.get_option("run:branch")),
        "patch": option(configured, "run:patch"),
        "fail_under": float(str(configured.get_option("report:fail_under") or 0)),
        "file": os.path.basename(read) if read else "",
        "files": count(spec["rcfile"], source, given),
    }


def count(rcfile: str, source: "List[str]", given: "Dict[str, Any]") -> "Optional[int]":
    """How many files coverage counts although no test imports them; None where only a run can tell."""
    import coverage

    measuring = coverage.Coverage(data_file=None, config_file=rcfile or True, **given)
    if option(measuring, "run:source_pkgs") or not source or not all(os.path.isdir(each) for each in source):
        return None
    # What reaches beyond this process, or wants a test to run.
    for name, value in (("run:patch", []), ("run:concurrency", ["thread"]), ("run:dynamic_context", None)):
        try:
            measuring.set_option(name, value)
        except Exception:  # an option that this version of coverage does not have
            continue
    measuring.start()
    measuring.stop()
    return len(list(measuring.get_data().measured_files()))


def option(configured: "Any", name: str) -> "List[str]":
    try:
        return [str(each) for each in configured.get_option(name) or []]
    except Exception:  # an option that this version of coverage does not have
        return []


def exists(source: str, tree: str) -> bool:
    """Whether coverage finds something of ``tree`` under ``source``: a directory, else a name to import."""
    if os.path.isdir(source):
        return True
    name = source.split(".")[0]
    inside = os.path.realpath(tree) + os.sep
    found = [] if source.endswith(".py") or not name.isidentifier() else places(name)
    return any(each.startswith(inside) and "-packages" + os.sep not in each for each in found)


if __name__ == "__main__":
    main()
