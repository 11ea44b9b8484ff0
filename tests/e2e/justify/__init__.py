"""Justifies fills from a market recording alone; see ``justify_fills.py`` beside this folder.

Nothing here may come from the product: whoever checks the venue must not inherit its mistakes.
"""
