"""The five errors of alpha mattes: SAD, MSE, MAD, Grad and Conn. Lower is better.

SAD, MSE: sums and means. Grad and Conn: Rhemann et al., "A perceptually motivated online benchmark
for image matting", CVPR 2009, with the constants of the evaluation code of Deep Image Matting (Xu
et al. 2017), which papers report.
"""

import numpy as np
from scipy import ndimage

GRAD_SIGMA = 1.4  # pixels
GRAD_TAIL = 1e-2  # the kernel ends where the Gaussian falls below this value
CONN_STEPS = 10  # thresholds 0.1, 0.2, ... 1.0
CONN_TOLERANCE = 0.15  # smaller distances from the connected level count as connected


def matting_errors(
    alpha: np.ndarray, truth: np.ndarray, region: np.ndarray | None = None
) -> dict[str, float]:
    """Compare two mattes (H, W) in [0, 1] over a non-empty region (H, W) bool, or everywhere.

    SAD = sum|a-y| / 1000. MSE = mean (a-y)^2 x 1000. MAD = mean|a-y| x 1000. Grad and Conn: sums /
    1000. Gradients and connectivity are those of the whole matte; only their errors are summed
    inside the region.
    """
    quick = quick_errors(alpha, truth, region)
    conn = connectivity_error(alpha.astype(np.float64), truth.astype(np.float64))
    return quick | {"Conn": float((conn if region is None else conn[region]).sum() / 1e3)}


def quick_errors(alpha: np.ndarray, truth: np.ndarray, region: np.ndarray | None = None) -> dict[str, float]:
    """`matting_errors` without Conn, which takes longer than all others together."""
    alpha, truth = alpha.astype(np.float64), truth.astype(np.float64)
    inside = np.ones(truth.shape, bool) if region is None else region
    difference = np.abs(alpha - truth)[inside]
    gradient_error = (gradient_magnitude(alpha) - gradient_magnitude(truth)) ** 2
    return {
        "SAD": float(difference.sum() / 1e3),
        "MSE": float((difference**2).mean() * 1e3),
        "MAD": float(difference.mean() * 1e3),
        "Grad": float(gradient_error[inside].sum() / 1e3),
    }


def labelled(mask: np.ndarray, structure: np.ndarray | None = None) -> tuple[np.ndarray, int]:
    """The connected regions of a mask, numbered from 1 on, and how many there are."""
    regions = np.empty(mask.shape, np.int32)
    count = ndimage.label(mask, structure, output=regions)
    return regions, int(count)  # pyright: ignore[reportArgumentType]  a number, as `output` is given


def gradient_magnitude(alpha: np.ndarray) -> np.ndarray:
    """(H, W) length of the gradient, by Gaussian derivatives whose 2-D kernels have unit norm."""
    normal_width = np.sqrt(2 * np.pi) * GRAD_SIGMA
    radius = int(np.ceil(GRAD_SIGMA * np.sqrt(-2 * np.log(normal_width * GRAD_TAIL))))
    x = np.arange(-radius, radius + 1)
    smooth = np.exp(-(x**2) / (2 * GRAD_SIGMA**2))
    derive = -x * smooth
    # The 2-D kernel is their outer product and its norm the product of theirs: factors cancel.
    smooth, derive = smooth / np.linalg.norm(smooth), derive / np.linalg.norm(derive)

    def along(axis: int) -> np.ndarray:
        derived = ndimage.convolve1d(alpha, derive, axis=axis, mode="nearest")
        return ndimage.convolve1d(derived, smooth, axis=1 - axis, mode="nearest")

    return np.hypot(along(0), along(1))


def connectivity_error(alpha: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(H, W) absolute difference of the two degrees of connectivity phi.

    phi = 1 - d where d = alpha - level is at least CONN_TOLERANCE, otherwise 1. A pixel's level is
    the last threshold up to which it belonged to the largest 4-connected region that both mattes
    reach. Once it has dropped out it stays out, so only the first failure counts.
    """
    level = np.ones(truth.shape)
    connected = np.ones(truth.shape, bool)
    for step in range(1, CONN_STEPS + 1):
        threshold = step / CONN_STEPS
        regions, count = labelled((alpha >= threshold) & (truth >= threshold))
        largest = np.zeros(truth.shape, bool)
        if count:
            largest = regions == np.bincount(regions.ravel())[1:].argmax() + 1
        level[connected & ~largest] = (step - 1) / CONN_STEPS
        connected &= largest

    def phi(matte: np.ndarray) -> np.ndarray:
        distance = matte - level
        return 1 - np.where(distance >= CONN_TOLERANCE, distance, 0)

    return np.abs(phi(alpha) - phi(truth))
