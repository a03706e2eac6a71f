"""The colours that mean SAM and SAMA wherever their masks are drawn, and where they differ most: (r, g, b) bytes."""

SAM_COLOUR = (58, 122, 254)
SAMA_COLOUR = (240, 90, 40)
STRONG_COLOUR = (255, 236, 150)
