"""From a verdict or a history to what people and programs read."""
