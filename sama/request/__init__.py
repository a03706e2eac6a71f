"""What a person asks, parsed and checked once at the door: prompts, settings, session file."""
