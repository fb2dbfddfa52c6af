"""The sample: a simulated control room with a known truth.

What belongs here: everything that makes the sample exports. What does not: anything the pipeline needs; it never
imports this package and never reads the truth folder.
"""

from orchestration.sample.sample import SampleSummary, write_sample

__all__ = ["SampleSummary", "write_sample"]
