"""How the page looks: quiet neutrals, one accent, fonts that every system has (so nothing is fetched)."""

from gradio.themes import Base

from sama.ui.page.colours import DARK, LIGHT, MEANINGS

_SANS = ("Inter", "ui-sans-serif", "system-ui", "Segoe UI", "Helvetica Neue", "Arial", "sans-serif")
_MONO = ("ui-monospace", "SF Mono", "Menlo", "Consolas", "monospace")


def theme() -> Base:
    """Return the Gradio theme, in the page's own colours."""
    base = Base(
        primary_hue="orange",
        neutral_hue="stone",
        radius_size="md",
        font=_SANS,
        font_mono=_MONO,
    )
    return base.set(
        body_background_fill="#faf9f7",
        body_background_fill_dark=DARK["paper"],
        body_text_color=LIGHT["ink"],
        body_text_color_dark="#eceae6",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_border_width_dark="0px",
        block_shadow="none",
        button_primary_background_fill=LIGHT["ink"],
        button_primary_background_fill_dark=DARK["ink"],
        button_primary_background_fill_hover="#3a3936",
        button_primary_background_fill_hover_dark="#ffffff",
        button_primary_text_color=LIGHT["paper"],
        button_primary_text_color_dark=DARK["paper"],
        button_primary_border_color="transparent",
        button_primary_border_color_dark="transparent",
        button_secondary_background_fill=LIGHT["card"],
        button_secondary_background_fill_dark=DARK["card"],
        button_secondary_border_color=LIGHT["line"],
        button_secondary_border_color_dark="#35332f",
        button_large_text_weight="500",
        button_large_text_size="14px",
        button_small_text_size="13px",
        button_small_text_weight="500",
        slider_color=MEANINGS["sama"],
        slider_color_dark=MEANINGS["sama"],
    )
