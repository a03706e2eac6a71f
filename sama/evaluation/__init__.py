"""Measuring SAM, SAMA and two classical baselines on a folder of labelled photos."""

from sama.evaluation.run import evaluate

__all__ = ["evaluate"]
