# SPDX-License-Identifier: MIT
"""bench/compare, which is a program, as a module for the others beside it."""
import importlib.machinery
import importlib.util
import os


def load_compare():
    path = os.path.join(os.path.dirname(os.path.realpath(__file__)),
                        "compare")
    loader = importlib.machinery.SourceFileLoader("compare", path)
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader("compare", loader))
    loader.exec_module(module)
    return module


compare = load_compare()
