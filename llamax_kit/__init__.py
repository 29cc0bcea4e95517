"""llamax-kit: translate, score spBLEU, and see what a multilingual model gained, language by language.

Importing the package loads nothing heavy; every room is imported where it is used.
"""

__version__ = "0.1.0"
