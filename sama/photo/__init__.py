"""From a file to upright sRGB pixels: open, decode, colour, resize. Knows nobody else."""
