"""The two colours that mean SAM and SAMA, wherever their masks are drawn: (r, g, b) bytes."""

SAM_COLOUR = (58, 122, 254)
SAMA_COLOUR = (240, 90, 40)
