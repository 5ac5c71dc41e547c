"""What `gatepost doctor` checks, one module an area. A check looks, for which rights are needed, and judges what it has seen,
which is a pure function.
"""
