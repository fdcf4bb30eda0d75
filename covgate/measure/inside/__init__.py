"""Programs that the project's interpreter runs. They import only the standard library."""
