"""Which weights there are and where they come from: records, hub, formats, digests; beside the files and their card."""
