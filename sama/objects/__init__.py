"""Many objects of a photo, and many photos."""
