"""The environment variables of git, and of the programs that covgate starts."""

from __future__ import annotations

import os
from collections.abc import Mapping

# What `git rev-parse --local-env-vars` lists (git 2.39), and the two that git adds for its hooks.
_LOCAL = frozenset(
    """GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_CONFIG GIT_CONFIG_PARAMETERS GIT_CONFIG_COUNT
    GIT_OBJECT_DIRECTORY GIT_DIR GIT_WORK_TREE GIT_IMPLICIT_WORK_TREE GIT_GRAFT_FILE GIT_INDEX_FILE
    GIT_NO_REPLACE_OBJECTS GIT_REPLACE_REF_BASE GIT_PREFIX GIT_SHALLOW_FILE GIT_COMMON_DIR
    GIT_INTERNAL_SUPER_PREFIX GIT_QUARANTINE_PATH GIT_EXEC_PATH""".split()
)
# The configuration of one git command (`git -c key=value push`), which may contain credentials.
_CALL_CONFIGURATION = frozenset({"GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"})

# A path that doesn't exist. With an empty file, git would warn at every call that grafts are deprecated.
NO_GRAFTS = f"{os.devnull}/none"


def environment_of_git(environ: Mapping[str, str]) -> dict[str, str]:
    """``environ`` for git in the user's repository: messages in English, no prompts, no optional locks.

    `git replace` and grafts are switched off: a push sends the original objects, and the replacements exist only here.
    """
    return {
        **environ,
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_GRAFT_FILE": NO_GRAFTS,
        "LC_ALL": "C",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }


def without_local_environment(environ: Mapping[str, str], *, keep_call_configuration: bool = False) -> dict[str, str]:
    """``environ`` without the variables that bind git to the repository of the running hook.

    ``keep_call_configuration``: keep what was configured by `git -c`.
    """
    kept = _CALL_CONFIGURATION if keep_call_configuration else frozenset()
    return {
        name: value
        for name, value in environ.items()
        if (name not in _LOCAL or name in kept)
        and (keep_call_configuration or not name.startswith(("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_")))
    }
