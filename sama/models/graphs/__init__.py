"""Modules that run as one graph: OpenVINO in the place of PyTorch where the processor is an x86.

A graph is made of the module itself, by tracing it, so there is one definition. PyTorch starts a kernel for each
operation and writes what it makes to memory; a graph's convolutions apply the activation, the sum and the norm behind
them while their values are in a register.
"""
