"""Classifiers without a model: their answers are drawn."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def answers():
    """test.json and predictions of a classifier that is right about `share` of the time; `seed` alone decides what the
    examples are and how hard they are."""
    from kassandra.evaluation import calibration, classification, curves, score_file

    def answers(share, examples=300, classes=2, seed=0, own=1):
        generator, noise = np.random.default_rng(seed), np.random.default_rng(own)
        targets = generator.integers(0, classes, examples)
        hard = generator.random(examples)
        rows = np.arange(examples)
        logits = noise.normal(0, 0.1, (examples, classes))
        said = np.where(hard < share, targets, (targets + 1) % classes)
        logits[rows, said] += 1 + noise.random(examples)
        log_probabilities = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        names = [f"class {label}" for label in range(classes)]
        report = classification.report(targets, log_probabilities, {"none": np.zeros_like(targets)}, names, 0)
        report.scores.update(curves.area_scores(targets, log_probabilities, 0))
        confidence, right = np.exp(log_probabilities.max(1)), log_probabilities.argmax(1) == targets
        report.scores["calibration_error"] = calibration.calibration_error_score(confidence, right, 0)
        machine = {"device": "cpu"}
        result = score_file.contents(report, 7, machine, machine)
        return result, classification.predictions(targets, log_probabilities, names)

    return answers
