"""Prefect flows: thin wraps around `convintel.pipeline`, which does the work and does not know Prefect."""
