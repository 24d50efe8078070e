# %% [markdown]
# # 6. Forecasts, and why most stock charts on the web are yesterday's price
#
# A popular picture shows the price of a stock and the forecast of an LSTM, almost on the same line. This chapter draws that
# picture and asks three questions of it. What does *no change* score? How many days late is the forecast? What is left when
# returns are forecast instead of prices?

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import kassandra

returns = {
    "input": "series", "target": "forecast", "source": {"dataset": "sp500"},
    "prepare": {"predict": "return", "window": 60, "horizon": 5},
    "model": {"variant": "vanilla", "hidden_size": 16, "head": "quantiles"},
    "train": {"seeds": 1, "epochs": 4, "batch_size": 64, "learning_rate": 0.003},
}  # fmt: skip
fetched = kassandra.run(returns, None, "/tmp/kassandra-course/returns", last="download").folder
prices = {
    **returns, "source": {"time": "Date", "time_format": "%m/%d/%Y", "target": "Close"},
    "prepare": {"predict": "value", "normalise": "last", "window": 30, "horizon": 1},
    "model": {"variant": "vanilla", "hidden_size": 16},
}  # fmt: skip
run = kassandra.run(prices, fetched / "data/raw/run/sp500.csv.gz", "/tmp/kassandra-course/prices")
table = pd.read_parquet(run.folder / "data/predictions/run/test.parquet")
series = table[table["series"] == table["series"].iloc[0]].sort_values("origin")
observed, forecast = series["observed"].to_numpy(), series["point"].to_numpy()

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.2), layout="constrained")
for axis, part in ((left, slice(None)), (right, slice(-40, None))):
    axis.plot(observed[part], label="observed"), axis.plot(forecast[part], label="forecast", linewidth=1)
left.set_title("Four years: a perfect forecast?"), right.set_title("The last 40 days: it is late"), left.legend()
plt.show()

# %% [markdown]
# ## Question 1: what does *no change* score?

# %%
for baseline in run.scores["baselines"]:
    print(f"{baseline['baseline']:40} rmse {baseline['rmse']['value']:8.3f}")
print(f"{'LSTM':40} rmse {run.scores['rmse']:8.3f}")

# %% [markdown]
# ## Question 2: how many days late?
#
# Shift the forecast and correlate its daily changes with those observed. A forecast that knows something peaks at 0, yesterday's
# price at a lag of one day.

# %%
changes, forecast_changes = np.diff(observed), np.diff(forecast)
lags = range(-3, 4)
correlations = [np.corrcoef(changes[3:-3], np.roll(forecast_changes, lag)[3:-3])[0, 1] for lag in lags]
plt.figure(figsize=(5, 2.6), layout="constrained")
plt.bar([str(-lag) for lag in lags], correlations), plt.xlabel("days the forecast is late"), plt.ylabel("correlation")
plt.show()

# %% [markdown]
# ## Question 3: what is left of it in returns?
#
# A price is the sum of all past returns, so its level is easy and its change is what matters. Here the next five days' returns,
# as the default pipeline does it, with quantiles instead of a single line.

# %%
run = kassandra.run(returns, None, "/tmp/kassandra-course/returns")
for baseline in run.scores["baselines"]:
    gain = baseline["gain"]
    print(f"LSTM beside {baseline['baseline']:36} {gain['value']:+.6f} [{gain['low']:+.6f}, {gain['high']:+.6f}]")

# %% [markdown]
# Every interval holds 0: no evidence that the LSTM knows more about the direction of tomorrow's price than a straight line
# does, and that line knows nothing. Its quantiles are worth more: how *much* prices will move can be forecast (`recipes/sp500-volatility.yaml`).
#
# The mistake that would have hidden this is a split in which windows of train and test overlap, or a scale fitted on all data.
#
# **Your turn.** Hourly traffic has a day and a week in it. There a forecast can win; by how much over *the same hour a week ago*?
#
# ```console
# $ kassandra add recipes/traffic.yaml
# $ dvc repro evaluate@traffic
# ```
