"""The colours of objects, and those that mean SAM and SAMA wherever their masks are drawn, and where they differ most:
(r, g, b) bytes."""

SAM_COLOUR = (58, 122, 254)
SAMA_COLOUR = (240, 90, 40)
STRONG_COLOUR = (255, 236, 150)
# Of errors: what an answer misses of the truth, and what it has too much.
MISSING_COLOUR = (235, 40, 60)
EXTRA_COLOUR = (40, 110, 255)
# Told apart also by those who see few colours (after Okabe and Ito), and far from SAM's and SAMA's; used in turn.
OBJECT_COLOURS = (
    (0, 158, 115),
    (230, 159, 0),
    (204, 121, 167),
    (86, 180, 233),
    (240, 228, 66),
    (150, 90, 220),
    (213, 70, 90),
    (120, 200, 60),
)
