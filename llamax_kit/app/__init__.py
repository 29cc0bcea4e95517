"""The command line, notebooks by papermill with their parameters and pages, the demo, sweeps."""
