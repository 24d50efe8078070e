"""Nothing: the baselines of forecasts are models of the series as they are; see targets/forecast/baseline."""
