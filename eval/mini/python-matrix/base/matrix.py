"""Matrices as lists of rows."""


def shape(m):
    """(rows, columns)"""
    return (len(m), len(m[0]) if m else 0)
