"""What a person takes away: the table of files, writing, the figure."""
