"""Programs that answer with what they take, each run with the packages of one built function alone (`benchmarks.programs`)."""
