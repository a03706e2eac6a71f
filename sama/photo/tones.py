"""Curves between samples and light, and how light beyond a screen's white is shown.

Sources: ITU-T H.273, table 3; IEC 61966-2-1 for sRGB; ITU-R BT.1886 for what a display makes of BT.709; ITU-R BT.2100-2
for PQ and HLG. HDR is mapped as browsers do it on an ordinary screen, by the "reference white" curve of SMPTE
ST 2094-50.
"""

import numpy as np

CURVES = {
    "srgb": "sRGB curve", "bt709": "BT.709 curve", "smpte240": "SMPTE 240M curve", "smpte428": "SMPTE 428 curve",
    "linear": "linear light", "pq": "HDR (PQ)", "hlg": "HDR (HLG)",
}  # fmt: skip
HDR = ("pq", "hlg")
_WHITE = 203.0  # cd/m2 of a diffuse white, BT.2408
_PEAK = 1000.0  # cd/m2 of the display that HDR is taken to be made for


def to_linear(values: np.ndarray, curve: str | float) -> np.ndarray:
    """Return the light of samples in [0, 1]; of PQ and HLG it may exceed 1, the diffuse white.

    HLG is returned as the light of the scene, in [0, 1]; `hdr_to_screen` knows.
    """
    v = values
    if not isinstance(curve, str):
        return v**curve
    if curve == "srgb":
        return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    if curve == "bt709":
        return v**2.4
    if curve == "smpte240":
        return np.where(v < 0.0913, v / 4, ((v + 0.1115) / 1.1115) ** (1 / 0.45))
    if curve == "smpte428":
        return np.minimum(v**2.6 * 52.37 / 48, 1)
    if curve == "pq":
        m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
        root = v ** (1 / m2)
        return (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1) * 10000 / _WHITE
    if curve == "hlg":
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        return np.where(v <= 0.5, v * v / 3, (np.exp((v - c) / a) + b) / 12)
    return v  # linear


def to_srgb_curve(light: np.ndarray) -> np.ndarray:
    """Return samples in [0, 1] of the sRGB curve for light, which is cut to [0, 1]."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def hdr_to_screen(light: np.ndarray, curve: str, luminance: np.ndarray, to_wide: np.ndarray) -> np.ndarray:
    """Return light (H, W, 3) float32 of HDR, 1 being the diffuse white, as a screen shows it, in [0, 1].

    luminance: (3,), how much each channel adds to the luminance; to_wide: (3, 3), from its channels to BT.2020's, of
    which the brightest says how much darker a pixel is shown, so that its hue stays.
    """
    if curve == "hlg":  # from the scene to the display, BT.2100-2, table 5
        bright = light @ luminance.astype(np.float32)
        light = light * (bright**0.2)[..., None] * np.float32(_PEAK / _WHITE)
    brightest = (light @ to_wide.T.astype(np.float32)).max(-1)
    return np.clip(light * (_shown(brightest) / np.maximum(brightest, 1e-9))[..., None], 0, 1)


def _shown(light: np.ndarray) -> np.ndarray:
    """Return how bright a screen shows light: half of it up to the diffuse white, then ever less, 1 at the peak.

    Above the diffuse white this is a quadratic Bezier curve from (1, 0.5) over (1.65, 0.825) to (peak, 1).
    """
    peak = _PEAK / _WHITE
    x = np.clip(light, 1, peak)
    a, b = peak - 2 * 1.65 + 1, 2 * (1.65 - 1)
    t = (np.sqrt(b * b + 4 * a * (x - 1)) - b) / (2 * a)
    return np.where(light <= 1, 0.5 * light, 0.5 + 0.65 * t - 0.15 * t * t)
