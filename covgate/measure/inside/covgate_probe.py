"""What this interpreter has, would import and would measure: ``python covgate_probe.py SPEC``. No test is run.

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

_STANDARD_LIBRARY = os.path.dirname(os.path.realpath(os.__file__)) + os.sep
# Directories that packages are imported from, although Python may take them for packages, too.
_ROOTS = ("src", "lib", "python")
# Distribution -> the module that it installs.
_TOOLS = {"coverage": "coverage", "pytest": "pytest", "pytest-cov": "pytest_cov", "pytest-xdist": "xdist"}


def main() -> None:
    """Print the answer to the spec in the first argument."""
    spec = json.loads(sys.argv[1])
    own = os.path.dirname(os.path.abspath(__file__))
    # The path of a program that is started anywhere.
    sys.path[:] = [each for each in sys.path if each and os.path.abspath(each) != own]
    sys.stdout.write("\n" + json.dumps(probe(spec)) + "\n")


def probe(spec: "Dict[str, Any]") -> "Dict[str, Any]":
    """Everything that covgate asks; the path of this process is changed on the way."""
    facts: "Dict[str, Any]" = {
        "python": "%s %s" % (platform.python_implementation(), platform.python_version()),
        "versions": {distribution: version(module, distribution) for distribution, module in _TOOLS.items()},
        "pip": util.find_spec("pip") is not None,
        "coverage": {},
    }
    # Before coverage is imported: the project may be something that coverage imports.
    plain = {name: locations(name) for name in packages(spec, spec["product"])}
    if facts["versions"]["coverage"]:
        try:
            sys.path.insert(0, spec["tree"])  # a plugin may be in the tree
            facts["coverage"] = coverage_facts(spec, bool(facts["versions"]["pytest-cov"]))
        except Exception as error:  # anything that coverage and its plugins raise
            facts["refused"] = str(error) or type(error).__name__
        finally:
            sys.path.remove(spec["tree"])
    source = facts["coverage"].get("source") or spec["product"]
    here = packages(spec, source)
    plain = {name: plain.get(name) or locations(name) for name in here}
    # A package with the name of a standard module is not installed elsewhere: whichever is imported first is used.
    standard = {name for name in here if name in sys.builtin_module_names or any(map(is_standard, plain[name]))}
    sys.path[:0] = spec["path_first"]
    facts["imports"] = [
        {"name": name, "here": here[name], "plain": plain[name], "measured": locations(name), "finder": finder(name)}
        for name in here
        if name not in standard
    ]
    # A source that exists in the tree may be imported by the tests in their own way.
    facts["absent"] = [each for each in source if not here.get(each.split(".")[0]) and not exists(each, spec["tree"])]
    return facts


def version(module: str, distribution: str) -> str:
    """The version of a distribution, "installed" if it is unknown; "" if the module is not installed."""
    if util.find_spec(module) is None:
        return ""
    try:
        return metadata.version(distribution) or "installed"
    except Exception:  # an unpacked copy, or one with damaged metadata
        return "installed"


def packages(spec: "Dict[str, Any]", sources: "List[str]") -> "Dict[str, str]":
    """The top-level packages and modules of ``sources``, and the path in the tree of each; "" if it has none.

    A source is a directory of the tree, or a name to import, as in coverage.
    """
    found: "Dict[str, str]" = {}
    for source in sources:
        directory = os.path.normpath(os.path.join(spec["tree"], source))
        if os.path.isfile(directory):
            found[os.path.splitext(os.path.basename(directory))[0]] = directory
        elif not os.path.isdir(directory):
            name = source.split(".")[0]
            paths = [os.path.join(spec["tree"], root, name + ending) for root in ("src", "") for ending in ("", ".py")]
            found[name] = next((path for path in paths if os.path.exists(path)), "")
        elif os.path.isfile(os.path.join(directory, "__init__.py")):
            while os.path.isfile(os.path.join(os.path.dirname(directory), "__init__.py")):
                directory = os.path.dirname(directory)
            found[os.path.basename(directory)] = directory
        elif source in spec["product"] and source not in _ROOTS:  # a namespace
            found[os.path.basename(directory)] = directory
        else:
            for name in sorted(os.listdir(directory)):
                path = os.path.join(directory, name)
                stem, ending = os.path.splitext(name)
                if os.path.isfile(os.path.join(path, "__init__.py")) or ending == ".py":
                    found[stem] = path
    return {name: path for name, path in found.items() if name.isidentifier()}


def locations(name: str) -> "List[str]":
    """The file of a module, the directory of a package, all directories of a namespace package; [] if not found."""
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


def is_standard(location: str) -> bool:
    """Whether ``location`` is in the standard library."""
    return location.startswith(_STANDARD_LIBRARY) and "-packages" + os.sep not in location


def finder(name: str) -> str:
    """The finder, as some editable installs have one, that finds ``name`` before sys.path is searched; "" if none."""
    for each in sys.meta_path:
        if each is machinery.PathFinder:
            break
        if each in (machinery.BuiltinImporter, machinery.FrozenImporter):
            continue
        try:
            if each.find_spec(name, None) is not None:
                return str(getattr(each, "__name__", type(each).__name__))
        except Exception:  # a foreign finder, which may need other arguments
            continue
    return ""


def coverage_facts(spec: "Dict[str, Any]", has_pytest_cov: bool) -> "Dict[str, Any]":
    """Coverage's configuration, and what it would measure if ``covgate_launch`` started it."""
    import coverage

    configured = coverage.Coverage(data_file=None, config_file=spec["rcfile"] or True)
    in_files = sources_of(configured)
    configured.get_data()  # lets the plugins configure
    named = sources_of(configured)
    include, omit = option(configured, "run:include"), option(configured, "run:omit")
    source, origin = named, "coverage's configuration" if in_files else "a plugin of coverage"
    arguments: "Dict[str, Any]" = {}
    if spec["cov_source"] and spec["wants_pytest_cov"] and has_pytest_cov:
        source, origin = spec["cov_source"], "--cov"
        arguments = {"source": source}
    elif not named and not include:
        source, origin = spec["source"], ""
        arguments = {"source": source, "omit": omit + spec["omit"]}
        named = spec["product"] or source
    config_file = getattr(configured.config, "config_file", None)
    files = count_files(spec["rcfile"], source, arguments)
    return {
        "source": named if not origin else source,
        "origin": origin,
        "include": include,
        "omit": omit,
        "branch": bool(configured.get_option("run:branch")),
        "patch": option(configured, "run:patch"),
        "fail_under": float(str(configured.get_option("report:fail_under") or 0)),
        "file": os.path.basename(config_file) if config_file else "",
        "files": files,
        "omitted": bool(files == 0 and count_files(spec["rcfile"], source, arguments, omits=False)),
    }


def sources_of(configured: "Any") -> "List[str]":
    """What coverage's configuration names as sources."""
    return [each for name in ("source", "source_pkgs", "source_dirs") for each in option(configured, "run:" + name)]


def count_files(rcfile: str, source: "List[str]", arguments: "Dict[str, Any]", omits: bool = True) -> "Optional[int]":
    """How many files coverage counts if no test imports any; None if only a run can tell.

    ``omits`` False: as if nothing was omitted.
    """
    import coverage

    measuring = coverage.Coverage(data_file=None, config_file=rcfile or True, **arguments)
    if option(measuring, "run:source_pkgs") or not source or not all(os.path.isdir(each) for each in source):
        return None
    # Switch off what changes other processes, or needs a test.
    for name, value in (("run:patch", []), ("run:concurrency", ["thread"]), ("run:dynamic_context", None)):
        try:
            measuring.set_option(name, value)
        except Exception:  # this version of coverage does not have the option
            continue
    if not omits:
        measuring.get_data()  # the plugins first
        measuring.set_option("run:omit", [])
    measuring.start()
    measuring.stop()
    return len(list(measuring.get_data().measured_files()))


def option(configured: "Any", name: str) -> "List[str]":
    """The values of an option that is a list; [] if it is not set."""
    try:
        return [str(each) for each in configured.get_option(name) or []]
    except Exception:  # this version of coverage does not have the option
        return []


def exists(source: str, tree: str) -> bool:
    """Whether coverage finds ``source`` in ``tree``, as a directory or as a name to import."""
    if os.path.exists(os.path.join(tree, source)):
        return True
    name = source.split(".")[0]
    inside = os.path.realpath(tree) + os.sep
    found = [] if source.endswith(".py") or not name.isidentifier() else locations(name)
    return any(each.startswith(inside) and "-packages" + os.sep not in each for each in found)


if __name__ == "__main__":
    main()
