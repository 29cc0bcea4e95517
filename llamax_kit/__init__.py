"""llamax-kit: translate, score spBLEU, and see what a multilingual model gained, language by language.

Importing the package loads nothing heavy; every room is imported where it is used.
"""

import os

__version__ = "0.1.0"

# Torch's threads wait for each other by spinning. Where anything else wants the CPU (a browser, a second run), each
# small matrix product then waits for a time slice of 16 ms; asleep, they wake in microseconds. Read when torch loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
