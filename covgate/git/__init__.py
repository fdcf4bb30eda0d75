"""Plain git: the repository, its worktrees, its diffs. Nothing here knows about coverage."""
