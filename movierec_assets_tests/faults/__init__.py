"""Tests of what goes wrong outside the code: killed processes, bad networks, full disks, damaged files.

Here belong faults that meet several parts at once. What one part does when it fails is tested beside that part.
"""
