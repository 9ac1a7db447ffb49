"""The parts of the scoring engine's benchmark: `tests.benchmarks.bench_scoring` runs them."""
