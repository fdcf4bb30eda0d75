"""Plain git: the repository, its remotes, its worktrees, its diffs. Nothing here knows about notes or coverage."""
