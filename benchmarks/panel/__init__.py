"""What `kassandra init` writes, on a panel of small and middling data sets, against baselines and a short search."""
