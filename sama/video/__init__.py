"""Clips: read frame by frame, followed from a prompted frame, written in the formats of editors and browsers."""
